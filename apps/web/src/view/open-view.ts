/** What a view of the page is, and what the page is to it. */
import type { Given } from '../configuration/address.ts';

export interface Host {
  /** The name of the GPU that this browser offers; undefined where it offers none. */
  readonly gpu: Promise<string | undefined>;
  /** Marks the view while something runs in it, also when another view is in sight. */
  running(on: boolean): void;
}

/** A view that is open. It goes on with what it does while another is in sight. */
export interface View {
  given(): Given;
  /** Takes settings from the address; while something runs, those of the run stay. */
  take(given: Given): void;
}

/** Puts itself into the place. */
export type OpenView = (place: HTMLElement, given: Given | undefined, host: Host) => View;

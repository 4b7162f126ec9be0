/** What a view of the page is. */
import type { Given } from '../configuration/address.ts';

/** Puts itself into the place; what it started is the signal's to stop. */
export type OpenView = (place: HTMLElement, given: Given | undefined, gone: AbortSignal) => void;

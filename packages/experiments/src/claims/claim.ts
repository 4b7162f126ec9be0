/** What a claim is: a sentence of the report this project began with, an experiment, and a judgement of what it shows. */
import type { Cell } from '../cell/cell.ts';
import type { Observation } from '../cell/outcome.ts';
import type { KernelFacts } from './kernel-facts.ts';

export type Verdict = 'holds' | 'does not hold' | 'partly' | 'cannot be decided here';

/** What one device showed. */
export interface Evidence {
  /** `wasm`, `webgpu (software)`. */
  readonly device: string;
  readonly gpu: boolean;
  /** The observation of the plain cell with these changes; one of the claim's `cells`. */
  see(changes: Changes): Observation;
  readonly facts: KernelFacts;
}

/** What is different from the plain cell. */
export type Changes = Partial<Omit<Cell, 'device'>>;

export interface Judgement {
  readonly verdict: Verdict;
  /** Why, in one or two sentences, independent of the device. */
  readonly because: string;
}

export interface Claim {
  readonly number: number;
  /** As the report says it. */
  readonly claim: string;
  /** What is done to decide it. */
  readonly experiment: string;
  readonly cells: readonly Changes[];
  /** What one device showed, in words. */
  observed(evidence: Evidence): string;
  /** @param all at least one device */
  judge(all: readonly Evidence[]): Judgement;
}

/** Every combination of these values. */
export function combinations(
  values: { readonly [Name in keyof Changes]: readonly Changes[Name][] },
): Changes[] {
  let all: Changes[] = [{}];
  for (const [name, options] of Object.entries(values))
    all = all.flatMap((changes) =>
      (options as readonly string[]).map((value) => ({ ...changes, [name]: value })),
    );
  return all;
}

/** `holds` where every device shows it, the other verdict where none does, `partly` in between. */
export function byAll(
  all: readonly Evidence[],
  shows: (evidence: Evidence) => boolean,
  because: string,
  otherwise: Verdict = 'does not hold',
): Judgement {
  const showing = all.filter(shows).length;
  if (showing === all.length) return { verdict: 'holds', because };
  if (showing === 0) return { verdict: otherwise, because: 'No device shows it.' };
  const names = all.filter((evidence) => !shows(evidence)).map(({ device }) => device);
  return { verdict: 'partly', because: `The devices differ: not on ${names.join(', ')}.` };
}

/** Refuted where every device shows the counter-evidence. */
export function refutedBy(
  all: readonly Evidence[],
  counter: (evidence: Evidence) => boolean,
  because: string,
): Judgement {
  const countering = all.filter(counter).length;
  if (countering === all.length) return { verdict: 'does not hold', because };
  if (countering === 0) return { verdict: 'holds', because: 'No device shows anything against it.' };
  const names = all.filter((evidence) => !counter(evidence)).map(({ device }) => device);
  return { verdict: 'partly', because: `${because} But on ${names.join(', ')} it could not be shown.` };
}

/** A loss in words: four decimals, on which the devices agree, or its class. */
export function lossWords({ lossValue }: Observation): string {
  return Number.isFinite(lossValue) ? lossValue.toFixed(4) : String(lossValue);
}

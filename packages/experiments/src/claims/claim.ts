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
  /** Why, in one or two sentences. */
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
  /**
   * What one device makes of it; undefined for a device that is not asked. What would be seen if the claim were wrong has
   * to be seen before it is refuted, and the other way round: an experiment that shows neither decides nothing.
   */
  decide(evidence: Evidence): Verdict | undefined;
  /** Why, by verdict; where there is no reason of its own, a general one. @param all at least one device */
  because(all: readonly Evidence[]): Readonly<Partial<Record<Verdict, string>>>;
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

/** One verdict of several devices: theirs where they agree, `partly` where they do not. A device that can not decide has no say. */
export function judge(claim: Claim, all: readonly Evidence[]): Judgement {
  const asked = all.flatMap((evidence) => {
    const verdict = claim.decide(evidence);
    return verdict === undefined ? [] : [{ verdict, device: evidence.device }];
  });
  const decided = asked.filter(({ verdict }) => verdict !== 'cannot be decided here');
  const verdicts = [...new Set(decided.map(({ verdict }) => verdict))];
  const reason = (verdict: Verdict) => claim.because(all)[verdict] ?? usual[verdict];
  const [verdict = 'cannot be decided here'] = verdicts;
  if (verdicts.length > 1) {
    const words = decided.map(({ device, verdict: own }) => `${own} on ${device}`);
    return { verdict: 'partly', because: `The devices differ: ${words.join(', ')}.` };
  }
  const open = asked.filter((one) => !decided.includes(one)).map(({ device }) => device);
  const rest = decided.length > 0 && open.length > 0 ? ` On ${open.join(', ')} it could not be shown.` : '';
  return { verdict, because: `${reason(verdict)}${rest}` };
}

/** Reasons of verdicts that a claim has none of its own for. */
const usual: Readonly<Record<Verdict, string>> = {
  holds: 'The experiment shows it.',
  'does not hold': 'The experiment shows the contrary.',
  partly: 'The experiment shows a part of it.',
  'cannot be decided here': 'The experiment did not show what would decide it.',
};

/** A loss in words: four decimals, on which the devices agree, or its class. */
export function lossWords({ lossValue }: Observation): string {
  return Number.isFinite(lossValue) ? lossValue.toFixed(4) : String(lossValue);
}

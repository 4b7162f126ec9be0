/** What a cell shows, in classes that do not depend on the device's rounding. */

/** Which positions of the affected row hold a NaN at the end: none, some, or all of them; or a row that should hold none. */
export type NanMap = 'none' | 'masked-rows' | 'whole-sequence' | 'other-sequences';

/** Whether a position sees its future: nowhere, at positions without a label, or where a label is judged. */
export type Leak = 'none' | 'unlabelled' | 'labelled';

export interface Outcome {
  /** `layers[l][b]`: one letter a position after the embeddings (l = 0) and after every block, `N` NaN, `I` infinity, `.` finite. */
  readonly layers: readonly (readonly string[])[];
  readonly nanMap: NanMap;
  readonly leak: Leak;
  readonly loss: 'finite' | 'NaN' | 'infinite';
  /** Of all parameters together; `none` in inference. */
  readonly gradients: 'none' | 'finite' | 'NaN' | 'infinite';
  /** Where the cascade begins: `fully masked row at [0,0,0]`, or `none`. */
  readonly origin: string;
}

export interface Observation extends Outcome {
  /** Mean over supervised tokens, in nats. */
  readonly lossValue: number;
  /** Mean loss of each batch row. */
  readonly rowLosses: readonly number[];
  /** Positions [batch row, position] whose logits moved with a later token. */
  readonly leaks: readonly (readonly [number, number])[];
  /** Parameters whose gradient holds a NaN, and how many there are. */
  readonly nanGradients: number;
  readonly parameters: number;
  /** The origin's key in the trace; empty where there is none. */
  readonly originKey: string;
}

/** The class of numbers taken together: one NaN, else one infinity, is enough. */
export function classOf(values: readonly number[]): 'finite' | 'NaN' | 'infinite' {
  if (values.some(Number.isNaN)) return 'NaN';
  return values.every(Number.isFinite) ? 'finite' : 'infinite';
}

export function nanMapOf(final: readonly string[], affected: number): NanMap {
  if (final.some((row, b) => b !== affected && row.includes('N'))) return 'other-sequences';
  const row = final[affected]!;
  if (!row.includes('N')) return 'none';
  return /^N+$/.test(row) ? 'whole-sequence' : 'masked-rows';
}

const compared = ['nanMap', 'leak', 'loss', 'gradients', 'origin'] as const;

/** Where two outcomes differ, one line each. */
export function differences(observed: Outcome, expected: Outcome): string[] {
  const found = compared.flatMap((name) =>
    observed[name] === expected[name] ? [] : [`${name}: ${observed[name]}, predicted ${expected[name]}`],
  );
  const layers = (outcome: Outcome) => outcome.layers.map((rows) => rows.join(' '));
  const seen = layers(observed);
  layers(expected).forEach((rows, layer) => {
    if (rows !== seen[layer]) found.push(`layer ${layer}: ${seen[layer]}, predicted ${rows}`);
  });
  return found;
}

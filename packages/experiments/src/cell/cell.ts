/**
 * One cell of the factorial: a value for every factor that is said to matter for NaN under left padding. Plain
 * data with an id that is also a selector, so that any cell can be run again by itself.
 */
import { policyWords } from '@nanscope/attention';
import { nearest, UserError } from '@nanscope/errors';

/**
 * Every factor but the device, with the values that can be asked for, in the order of the id.
 * - `attn`: ours, or an operator of onnxruntime by itself, see foreign-cell.ts.
 * - `keys`: how many keys the queries that the cause would leave without any may still attend to.
 * - `cause`: what leaves queries without a key: the padding mask, a sliding window inside the padding, an explicit mask.
 * - `labels`: `clm` as in Hugging Face's collator; `ignore-first` ignores the first real token's label too.
 * - `row`: the batch row in which it happens; the other row has no padding.
 */
export const factors = {
  attn: ['eager', 'sdpa', 'onnxruntime', 'onnxruntime-mha'],
  fill: policyWords.fill,
  compose: policyWords.compose,
  'row-guard': policyWords.rowGuard,
  'compute-dtype': ['f32', 'f16'],
  'padding-side': ['left', 'right'],
  keys: ['0', '1', '2'],
  mode: ['inference', 'training'],
  layers: ['1', '2'],
  cause: ['padding', 'window', 'explicit'],
  labels: ['clm', 'ignore-first'],
  row: ['0', '1'],
} as const satisfies Record<string, readonly string[]>;

/** A cell whose attention is not ours. */
interface ForeignCell extends Cell {
  readonly attn: 'onnxruntime' | 'onnxruntime-mha';
}

export type FactorName = keyof typeof factors;

type Values = { readonly [Name in FactorName]: (typeof factors)[Name][number] };

/** A value of every factor. `device` is a backend id, and free text as far as this package is concerned. */
export interface Cell extends Values {
  readonly device: string;
}

const factorNames = Object.keys(factors) as readonly FactorName[];

/** Every key of a cell, the device first. */
export const conditionNames = ['device', ...factorNames] as const;

export type ConditionName = (typeof conditionNames)[number];

/** The report's case: unguarded -inf, left padding, one layer, as `eval` would run it. */
export const plainCell: Omit<Cell, 'device'> = {
  attn: 'sdpa',
  fill: 'additive-inf',
  compose: 'and',
  'row-guard': 'none',
  'compute-dtype': 'f32',
  'padding-side': 'left',
  keys: '0',
  mode: 'inference',
  layers: '1',
  cause: 'padding',
  labels: 'clm',
  row: '0',
};

/** `device=wasm;attn=sdpa;fill=...`: unique, and understood by `cellFrom`. */
export function cellId(cell: Cell): string {
  return conditionNames.map((name) => `${name}=${cell[name]}`).join(';');
}

/**
 * Understands an id, or part of one: what is left out is not asked for.
 *
 * @throws UserError `experiments/condition` for a name or value that no cell has
 */
export function conditionsFrom(text: string): Partial<Cell> {
  const conditions: Record<string, string> = {};
  for (const part of text.split(';').filter((piece) => piece.trim() !== '')) {
    const [name = '', ...values] = part.split('=').map((word) => word.trim());
    const value = values.join('=');
    if (name !== 'device') checkCondition(name, value);
    if (Object.hasOwn(conditions, name)) {
      throw new UserError(
        'experiments/condition',
        `${name}: expected one value, found ${conditions[name]} and ${value}. Several values are combined by --${name} ${conditions[name]},${value}.`,
      );
    }
    conditions[name] = value;
  }
  return conditions as Partial<Cell>;
}

function checkCondition(name: string, value: string): void {
  if (!Object.hasOwn(factors, name)) {
    const near = nearest(name, conditionNames);
    throw new UserError(
      'experiments/condition',
      `Unknown factor "${name}"${near ? `, did you mean ${near}?` : '.'} Expected NAME=VALUE;NAME=VALUE with names of ${conditionNames.join(', ')}.`,
    );
  }
  const words: readonly string[] = factors[name as FactorName];
  if (words.includes(value)) return;
  const near = nearest(value, words);
  throw new UserError(
    'experiments/condition',
    `${name}: unknown value "${value}"${near ? `, did you mean ${near}?` : '.'} Expected one of ${words.join(', ')}.`,
  );
}

/** An attention of another library: it has one policy, the one that ONNX states, and no backward pass. */
export function isForeign(cell: Cell): cell is ForeignCell {
  return cell.attn !== 'eager' && cell.attn !== 'sdpa';
}

/** Whether the cell can be asked of its attention at all. */
export function canBeAsked(cell: Cell): boolean {
  if (!isForeign(cell)) return true;
  return meets(cell, {
    fill: 'additive-inf',
    compose: 'and',
    'row-guard': 'zeros',
    'compute-dtype': 'f32',
    mode: 'inference',
  });
}

/** Whether the cell has every one of these values. */
export function meets(cell: Cell, conditions: Partial<Cell>): boolean {
  return Object.entries(conditions).every(([name, value]) => cell[name as ConditionName] === value);
}

// What a cell shows, in classes that do not depend on the device's rounding.

/** Which positions of the affected row hold a NaN at the end: none, some, or all of them; or a row that should hold none. */
type NanMap = 'none' | 'masked-rows' | 'whole-sequence' | 'other-sequences';

/** Whether a position sees its future: nowhere, at positions without a label, or where a label is judged. */
export type Leak = 'none' | 'unlabelled' | 'labelled';

export interface Outcome {
  /** `layers[l][b]`: one letter a position after the embeddings (l = 0) and after every block, `N` NaN, `I` infinity, `.` finite. */
  readonly layers: readonly (readonly string[])[];
  readonly nanMap: NanMap;
  readonly leak: Leak;
  readonly loss: 'finite' | 'NaN' | 'infinite';
  /** Gradients of all parameters together; `none` in inference. */
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

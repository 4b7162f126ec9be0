/**
 * Names the mechanism by which a record came to hold a non-finite value, from evidence in the trace. A table:
 * the first rule that can show its evidence wins, and when none can, the answer is `unknown`.
 */
import { nonFinite, type OpRecord } from '../types.ts';
import type { BatchContext } from './context.ts';
import { coordinate, coordinatesOf } from './coordinates.ts';
import { type Input, inputsOf, inScope, isPoisoned, sumInputs, type TraceData } from './inputs.ts';

export type MechanismName =
  | 'kernel divergence'
  | 'external input'
  | 'fully masked row'
  | 'inherited through 0 * NaN'
  | 'inherited'
  | 'overflow'
  | 'inf - inf'
  | '0 * inf'
  | '0 / 0'
  | 'division by 0'
  | 'log of 0'
  | 'log of a negative'
  | 'square root of a negative'
  | 'unknown';

export interface Mechanism {
  readonly name: MechanismName;
  readonly evidence: string;
}

/** Everything a rule may look at. */
export interface Scene {
  readonly record: OpRecord;
  readonly inputs: readonly Input[];
  /** Non-finites over all inputs. */
  readonly given: { readonly nan: number; readonly posInf: number; readonly negInf: number };
  readonly context: BatchContext | undefined;
}

type Rule = (scene: Scene) => Mechanism | undefined;

const kernelIs = (record: OpRecord, ...names: string[]) => names.includes(record.kernel);
/** Kernels that multiply. */
const products = ['BatchMatMul', '_FusedMatMul', 'Linear', 'Multiply'];
const isInfinite = ({ given }: Scene) => given.posInf + given.negInf > 0;
const list = (inputs: readonly Input[]) => inputs.map(({ from }) => from).join(', ');

/** The first NaN's batch row and query, when the output has such coordinates. */
function firstQuery({ record, context }: Scene): { batch: number; query: number } | undefined {
  const { firstNaN } = record.health!;
  if (firstNaN === undefined) return undefined;
  const at = coordinatesOf(record, firstNaN, context);
  const batch = coordinate(at, 'batch');
  const query = coordinate(at, 'query') ?? coordinate(at, 'position');
  return batch === undefined || query === undefined ? undefined : { batch, query };
}

const externalInput: Rule = ({ record, inputs }) => {
  const outside = inputs.filter((input) => isPoisoned(input) && !input.record);
  if (outside.length === 0 || inputs.some((input) => isPoisoned(input) && input.record)) return undefined;
  if (record.health!.nan > 0 && outside.every(({ health }) => health!.nan === 0)) return undefined;
  const what = outside.map(
    ({ from, health }) =>
      `${from} holds ${health!.nan} NaN and ${nonFinite(health) - health!.nan} infinities`,
  );
  return { name: 'external input', evidence: `${what.join('; ')} before any kernel ran on it` };
};

const fullyMaskedRow: Rule = (scene) => {
  const { record, inputs, given, context } = scene;
  if (record.health!.nan === 0 || given.nan > 0 || given.posInf > 0) return undefined;
  const attention =
    inScope(record, 'attn', 'attention', 'masked', 'probs', 'context') || kernelIs(record, 'Softmax');
  if (!attention) return undefined;
  const at = firstQuery(scene);
  const masked = inputs.filter((input) => (input.health?.negInf ?? 0) > 0);
  if (context?.mask && at) {
    const queries = context.mask.fullyMasked[at.batch] ?? [];
    if (!queries.includes(at.query)) return undefined;
    const scores = masked.length > 0 ? `; its masked scores are all -inf (${list(masked)})` : '';
    return {
      name: 'fully masked row',
      evidence: `query ${at.query} of batch row ${at.batch} has 0 allowed keys (${queries.length} such queries in that row)${scores}`,
    };
  }
  if (masked.length === 0) return undefined;
  if (kernelIs(record, 'Softmax')) {
    return {
      name: 'fully masked row',
      evidence: `${list(masked)} holds -inf but no NaN and no +inf: a softmax row is NaN only when all of it is -inf`,
    };
  }
  const maximum = masked.find((input) => input.record?.kernel === 'Max');
  if (kernelIs(record, 'Sub') && maximum) {
    return {
      name: 'fully masked row',
      evidence: `the row maximum is -inf in ${maximum.health!.negInf} rows (${maximum.from}), so those rows are all -inf, and -inf - (-inf) is NaN`,
    };
  }
  return undefined;
};

const zeroTimesNaN: Rule = ({ record, inputs, given }) => {
  if (!kernelIs(record, ...products) || given.nan === 0 || record.health!.nan === 0) return undefined;
  const finite = inputs.find((input) => input.health && !isPoisoned(input));
  const source = inputs.find((input) => (input.health?.nan ?? 0) > 0);
  if (!finite || !source) return undefined;
  const values = inScope(record, 'context') || finite.record?.path.endsWith('probs');
  return values
    ? {
        name: 'inherited through 0 * NaN',
        evidence: `the weights (${finite.from}) are finite, the values (${source.from}) hold ${source.health!.nan} NaN: a weight of 0 does not stop them`,
      }
    : undefined;
};

const inherited: Rule = ({ record, inputs, given }) => {
  if (record.health!.nan > 0 ? given.nan === 0 : given.posInf + given.negInf === 0) return undefined;
  return { name: 'inherited', evidence: `from ${list(inputs.filter(isPoisoned))}` };
};

/** Kernels whose domain explains a non-finite result of finite inputs. */
const domain: Rule = ({ record, inputs, given }) => {
  if (given.nan + given.posInf + given.negInf > 0) return undefined;
  const { nan, posInf, negInf } = record.health!;
  const from = list(inputs);
  if (kernelIs(record, 'Log', 'Log1p')) {
    if (nan > 0)
      return { name: 'log of a negative', evidence: `${record.kernel} of finite ${from} gave ${nan} NaN` };
    if (negInf > 0)
      return { name: 'log of 0', evidence: `${record.kernel} of finite ${from} gave ${negInf} -inf` };
  }
  if (kernelIs(record, 'Sqrt', 'Rsqrt') && nan > 0) {
    return {
      name: 'square root of a negative',
      evidence: `${record.kernel} of finite ${from} gave ${nan} NaN`,
    };
  }
  if (kernelIs(record, 'RealDiv', 'Reciprocal', 'Rsqrt', 'Mod')) {
    if (nan > 0) return { name: '0 / 0', evidence: `${record.kernel} of finite ${from} gave ${nan} NaN` };
    if (inputs.at(-1)?.health?.zero !== 0) {
      return {
        name: 'division by 0',
        evidence: `${record.kernel} of finite ${from} gave ${posInf + negInf} infinities`,
      };
    }
  }
  return undefined;
};

const overflow: Rule = ({ record, inputs, given }) => {
  const { nan, posInf, negInf } = record.health!;
  if (given.nan + given.posInf + given.negInf > 0 || posInf + negInf === 0) return undefined;
  const largest = inputs.flatMap(({ health }) => (health?.amax === undefined ? [] : [health.amax]));
  const size = largest.length > 0 ? ` (largest magnitude in: ${Math.max(...largest)})` : '';
  const also = nan > 0 ? `, ${nan} NaN` : '';
  return {
    name: 'overflow',
    evidence: `${record.kernel} of finite ${list(inputs) || 'arguments'}${size} gave ${posInf} +inf, ${negInf} -inf${also}`,
  };
};

const infinityArithmetic: Rule = (scene) => {
  const { record, inputs, given } = scene;
  if (record.health!.nan === 0 || given.nan > 0 || !isInfinite(scene)) return undefined;
  const evidence = `inputs hold ${given.posInf} +inf and ${given.negInf} -inf but no NaN (${list(inputs.filter(isPoisoned))})`;
  if (
    kernelIs(
      record,
      'Sub',
      'Add',
      'AddN',
      'AddV2',
      'Sum',
      'Mean',
      'Cumsum',
      'Softmax',
      'LogSoftmax',
      'LayerNorm',
    )
  ) {
    return { name: 'inf - inf', evidence };
  }
  if (kernelIs(record, ...products)) return { name: '0 * inf', evidence };
  return undefined;
};

/** In order of preference. */
export const mechanismRules: readonly Rule[] = [
  externalInput,
  fullyMaskedRow,
  zeroTimesNaN,
  inherited,
  domain,
  overflow,
  infinityArithmetic,
];

/** The mechanism of record `index`, which must hold a non-finite value. */
export function mechanismOf(trace: TraceData, index: number, context?: BatchContext): Mechanism {
  const record = trace.records[index]!;
  const inputs = inputsOf(trace, record);
  const scene: Scene = { record, inputs, given: sumInputs(inputs), context };
  for (const rule of mechanismRules) {
    const mechanism = rule(scene);
    if (mechanism) return mechanism;
  }
  const { nan, posInf, negInf } = record.health!;
  return {
    name: 'unknown',
    evidence: `${record.kernel} gave ${nan} NaN, ${posInf} +inf, ${negInf} -inf; its inputs held ${scene.given.nan} NaN, ${scene.given.posInf} +inf, ${scene.given.negInf} -inf`,
  };
}

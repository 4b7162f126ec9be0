/** The attention policy of a configuration: the preset with the parts that were given over it. */
import {
  BFLOAT16_MIN,
  FLOAT16_MIN,
  FLOAT32_MIN,
  type LikeDecision,
  maskedRow,
  maskedRowWords,
  type Policy,
  type PresetName,
  policies,
  policyFrom,
  policyLike,
  presetNames,
  systemsOf,
} from '@nanscope/attention';
import { parseTapFilter, type TapFilter, type TraceLevel } from '@nanscope/cascade';
import { UserError } from '@nanscope/errors';
import type { LaneRecord } from '@nanscope/record';
import type { EvalConfig } from './configs.ts';

/** The part of a configuration that says what attention does with masks. */
type PolicyConfig = Pick<
  EvalConfig,
  'policy' | 'fill' | 'compose' | 'rowGuard' | 'computeDtype' | 'dtype'
> & { readonly attn?: EvalConfig['attn'] };

/** @throws {UserError} `usage/bad-value` for attention in another dtype than the model's, where that is not float32 */
function computeDtypeOf({ dtype = 'f32', computeDtype }: PolicyConfig): string | undefined {
  if (dtype === 'f32' || computeDtype === dtype) return computeDtype;
  if (computeDtype === undefined) return dtype;
  throw new UserError(
    'usage/bad-value',
    `--dtype ${dtype} and --compute-dtype ${computeDtype}: expected one dtype, found two. Leave one of them out.`,
  );
}

/**
 * Under a dtype, scores of a policy that says nothing of them stay float32, as in PyTorch's own kernels, and in eager
 * attention are rounded as transformers' modules round them.
 */
export function policyOf(config: PolicyConfig): Policy {
  const policy = policyIn(config, computeDtypeOf(config));
  const { dtype = 'f32', attn } = config;
  if (dtype === 'f32') return policy;
  return { scoreRounding: attn === 'eager' ? 'before-scale' : 'never', ...policy };
}

function policyIn(config: PolicyConfig, computeDtype: string | undefined): Policy {
  return policyFrom({
    // Beside no PyTorch there are no versions to match.
    preset: config.policy === 'auto' ? 'safe' : config.policy,
    ...(config.fill === undefined ? {} : { fill: config.fill }),
    ...(config.compose === undefined ? {} : { compose: config.compose }),
    ...(config.rowGuard === undefined ? {} : { rowGuard: config.rowGuard }),
    ...(computeDtype === undefined ? {} : { computeDtype }),
  });
}

const number = (value: number) =>
  value === Number.NEGATIVE_INFINITY
    ? '-inf'
    : value === FLOAT32_MIN || value === FLOAT16_MIN || value === BFLOAT16_MIN
      ? 'finfo-min'
      : String(value);

/**
 * The policy in the words of the result schema.
 *
 * @param scaleSettings Those of a model that are not the usual ones; a policy may drop them.
 */
export function policyRecord(policy: Policy, scaleSettings: readonly string[] = []): LaneRecord['policy'] {
  const { name, fill, compose, rowGuard, computeDtype, scoreRounding = 'after-scale' } = policy;
  const dropped = policy.dropsScaleSettings ? [...scaleSettings] : [];
  return {
    ...{ name, fill: `${fill.how} ${number(fill.value)}`, compose, rowGuard, computeDtype },
    ...(computeDtype !== 'f32' && { scoreRounding }),
    ...(dropped.length > 0 && { dropped }),
  };
}

const infiniteFills: readonly string[] = (['select', 'additive'] as const).map(
  (how) => `${how} ${number(Number.NEGATIVE_INFINITY)}`,
);

/** Whether a policy, in those words, makes NaN of a fully masked row: every score is -inf, and nothing guards it. */
export const isUnguarded = ({ fill, rowGuard }: LaneRecord['policy']): boolean =>
  rowGuard === 'none' && infiniteFills.includes(fill);

// What computes sdpa.

/** A trace and saved outputs show the steps of attention; where nothing looks at them, `auto` leaves the choice to the backend. */
export function sdpaKernelOf({
  sdpaKernel,
  trace,
  saveOutputs,
}: Pick<EvalConfig, 'sdpaKernel' | 'trace' | 'saveOutputs'>): EvalConfig['sdpaKernel'] {
  const shown = trace === 'health' || trace === 'full' || saveOutputs !== undefined;
  return sdpaKernel === 'auto' && shown ? 'composed' : sdpaKernel;
}

// What `--sdpa-kernel fused` cannot be together with, said before anything runs.

type KernelConfig = Pick<EvalConfig, 'sdpaKernel' | 'attn' | 'policy'> & {
  readonly dropout?: number;
};

/** @throws {UserError} `usage/sdpa-kernel` */
export function checkSdpaKernel({ sdpaKernel, attn, policy, dropout = 0 }: KernelConfig): void {
  if (sdpaKernel !== 'fused') return;
  const refuse = (what: string, why: string, next: string) => {
    throw new UserError('usage/sdpa-kernel', `--sdpa-kernel fused and ${what}: ${why}. ${next}`);
  };
  const composed = 'or --sdpa-kernel composed.';
  if (attn === 'eager') refuse('--attn eager', 'expected sdpa, found eager', `Use --attn sdpa, ${composed}`);
  if (attn === 'auto' && policies[policy as PresetName]?.implementation === 'eager')
    refuse(`--policy ${policy}`, 'expected sdpa, found a policy of eager', `Add --attn sdpa, ${composed}`);
  if (dropout > 0)
    refuse(
      `--dropout ${dropout}`,
      'expected no dropout, since it never holds the probabilities',
      `Use --dropout 0, ${composed}`,
    );
}

// The policies as a table for people: whose they are, and what becomes of a fully masked row.

export interface PolicyRow {
  readonly name: PresetName;
  /** Systems and versions; empty for a policy that no released system has. */
  readonly systems: string;
  /** What becomes of a query without an allowed key, in words. */
  readonly maskedRow: string;
  readonly summary: string;
  readonly source: string;
}

export const policyRows = (): readonly PolicyRow[] =>
  presetNames.map((name) => {
    const { summary, source } = policies[name];
    return {
      name,
      systems: systemsOf(name),
      maskedRow: maskedRowWords[maskedRow(policies[name])],
      summary,
      source,
    };
  });

/** The row of the policy that masks as the versions in `like` do, and by which rule. @throws {UserError} `policy/like` */
export function policyChoice(like: string): PolicyRow & Omit<LikeDecision, 'policy'> {
  const { policy, ...decision } = policyLike(like);
  return { ...policyRows().find(({ name }) => name === policy)!, ...decision };
}

// How a run is to be traced, from its flags.

/** How a lane is to be traced. */
export interface TraceSettings {
  readonly level: TraceLevel;
  /** Whole traces of this many steps before an origin are kept for it. */
  readonly keep: number;
  readonly filters: readonly TapFilter[];
}

/** @throws UserError `usage/trace-filter` for a filter that is not understood, or where nothing is traced */
export function traceSettings({
  trace,
  traceKeep,
  traceFilter = [],
}: Pick<EvalConfig, 'trace' | 'traceKeep' | 'traceFilter'>): TraceSettings {
  if (trace === 'off' && traceFilter.length > 0) {
    throw new UserError(
      'usage/trace-filter',
      '--trace-filter: expected a level at which something is traced, found --trace off. Use --trace gate, health or full.',
    );
  }
  return { level: trace, keep: traceKeep, filters: traceFilter.map(parseTapFilter) };
}

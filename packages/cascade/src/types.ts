/**
 * The plain data of a trace: what a tapped kernel produced and how healthy it was. Everything here survives a
 * trip through JSON (`health.jsonl`), so that classification, origin and alignment run over a live trace and
 * over one read back from a run folder alike. No tensors, no functions.
 */

/** `off` registers nothing, `gate` wraps nothing, `health` counts non-finites, `full` adds magnitudes. */
export type TraceLevel = 'off' | 'gate' | 'health' | 'full';

export type Phase = 'forward' | 'loss' | 'metrics' | 'backward' | 'optimizer';

/** Counts over the elements of one tensor, by bits. Magnitudes are over the finite elements and only at level `full`. */
export interface Health {
  readonly size: number;
  readonly nan: number;
  readonly posInf: number;
  readonly negInf: number;
  /** Flat row-major index of the first NaN. Absent when there is none. */
  readonly firstNaN?: number;
  /** Flat row-major index of the first infinity of either sign. */
  readonly firstInf?: number;
  /** +0 and -0. */
  readonly zero?: number;
  readonly subnormal?: number;
  /** Largest finite magnitude. Absent when no element is finite. */
  readonly amax?: number;
  /** Smallest finite value. */
  readonly min?: number;
  /** Mean of the finite values. */
  readonly mean?: number;
}

/** Where an input of a kernel came from: an earlier record of the same batch, or a tensor from outside the trace. */
export type InputRef =
  | { readonly name: string; readonly record: number }
  | { readonly name: string; readonly external: string };

/** A tensor that no traced kernel produced: a weight, an input of the batch, a constant. Counted once. */
export interface ExternalRecord {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Absent for dtypes that hold no non-finite value. */
  readonly health?: Health;
}

/** One output of one tapped kernel call. Its position in `BatchTrace.records` is its index. */
export interface OpRecord {
  /** `{phase}/{module path}/{kernel}#{call}:{output}`: equal on every backend for the same computation. */
  readonly key: string;
  readonly phase: Phase;
  /** Names of the enclosing scopes, outermost first, joined by `/`. Empty at top level. */
  readonly path: string;
  readonly kernel: string;
  /** Counts the calls of this kernel within the same phase and path, from 0. */
  readonly call: number;
  readonly output: number;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly inputs: readonly InputRef[];
  /** Absent for dtypes that hold no non-finite value (int32, bool, string). */
  readonly health?: Health;
  /** True when the output is the memory of its first input: `health` is copied, not counted again. */
  readonly alias?: true;
  /** In a backward pass: the parameter whose gradient this is. */
  readonly gradientOf?: string;
  /** True where a filter left this op out, and it is here only as what fed one that was wanted: its own inputs are not known. */
  readonly outside?: true;
  /**
   * One character per row (all dimensions but the last): `.` finite, `I` holds an infinity, `N` holds a NaN.
   * Only for the residual stream: the embeddings, the `output` of each layer and the last norm.
   */
  readonly rows?: string;
}

/** Who was traced, as far as judging the trace needs it. */
export interface TraceSource {
  readonly backend: string;
  /** False where the shading language may assume NaN and infinities away (WGSL). */
  readonly strictNumerics: boolean;
  /** How health was measured, for the report: `bits on the device`, `bits on the host`, `composed (...)`. */
  readonly method: string;
}

/** Everything tapped between two calls of `collect`: one batch. */
export interface BatchTrace {
  readonly batch: number;
  readonly level: TraceLevel;
  readonly source: TraceSource;
  readonly records: readonly OpRecord[];
  readonly externals: Readonly<Record<string, ExternalRecord>>;
  /** Bytes that crossed from the device for this batch's health. 0 where the host sees the memory. */
  readonly bytesRead: number;
  /** How many records a filter left out. */
  readonly filtered?: number;
  /** True when clean records were left out (a trace read back from a run folder): a missing key was clean. */
  readonly partial?: true;
  /** How many records that were not clean had to be left out as well, for the bound on the output. */
  readonly cut?: number;
}

/** The number of non-finite elements; 0 for a tensor that can hold none. */
export function nonFinite(health: Health | undefined): number {
  return health ? health.nan + health.posInf + health.negInf : 0;
}

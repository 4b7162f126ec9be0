/** Which indices of each axis of a decoder's weights a cut keeps. Linear weights are [out, in]. */
import type { Cut } from '../family.ts';
import type { DecoderSpec } from './spec.ts';

type Axes = readonly (readonly number[])[];

const shifted = (indices: readonly number[], by: number) => indices.map((index) => index + by);

/** The numbers of these heads, side by side as projections have them. */
const ofHeads = (heads: readonly number[], dims: readonly number[], headDim: number): number[] =>
  heads.flatMap((head) => dims.map((dim) => head * headDim + dim));

const upTo = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

const dimsOf = ({ headDim }: DecoderSpec, { dims }: Cut) => dims ?? upTo(headDim);

/** Query heads that are kept: the same ones of each kept head of keys. */
function queryHeads({ heads, keyValueHeads }: DecoderSpec, cut: Cut): number[] {
  const group = heads / keyValueHeads;
  return cut.heads.flatMap((head) => cut.queries.map((query) => head * group + query));
}

function attentionAxes(
  spec: DecoderSpec,
  cut: Cut,
  part: string,
  channels: readonly number[],
): Axes | undefined {
  const { attention, heads, keyValueHeads, headDim } = spec;
  const { projections, norm, output } = attention;
  const dims = dimsOf(spec, cut);
  const queries = ofHeads(queryHeads(spec, cut), dims, headDim);
  const keys = ofHeads(cut.heads, dims, headDim);
  const [module, end] = part.split(/\.(?=[^.]+$)/) as [string, string];
  const rows = (kept: readonly number[]): Axes => (end === 'weight' ? [kept, channels] : [kept]);
  if (part === attention.sinks) return [queryHeads(spec, cut)];
  if (module === output) return end === 'weight' ? [channels, queries] : [channels];
  if (norm && (module === norm.query || module === norm.key)) {
    if (norm.over === 'head') return [dims];
    return [module === norm.query ? queries : keys];
  }
  if (norm?.over === 'own' && module.includes('.norms.')) return [dims];
  if (projections.kind === 'split') {
    if (module === projections.query) return rows(queries);
    return module === projections.key || module === projections.value ? rows(keys) : undefined;
  }
  if (module !== projections.name) return undefined;
  if (projections.kind === 'stacked') {
    const [q, k] = [heads * headDim, keyValueHeads * headDim];
    return rows([...queries, ...shifted(keys, q), ...shifted(keys, q + k)]);
  }
  const kept = queryHeads(spec, cut).flatMap((head) =>
    [0, 1, 2].flatMap((of) => dims.map((dim) => (head * 3 + of) * headDim + dim)),
  );
  return rows(kept);
}

function mlpAxes(
  { mlp, mlpWidth }: DecoderSpec,
  cut: Cut,
  part: string,
  channels: readonly number[],
): Axes | undefined {
  const [module, end] = part.split(/\.(?=[^.]+$)/) as [string, string];
  const rows = (kept: readonly number[]): Axes => (end === 'weight' ? [kept, channels] : [kept]);
  if (module === mlp.down) return end === 'weight' ? [channels, cut.units] : [channels];
  const { projections } = mlp;
  if (projections.kind === 'stacked')
    return module === projections.name ? rows([...cut.units, ...shifted(cut.units, mlpWidth)]) : undefined;
  const isUp = module === projections.up || (projections.kind === 'gated' && module === projections.gate);
  return isUp ? rows(cut.units) : undefined;
}

/** The channels of the residual stream that a cut keeps: its own list, or those of its heads. */
function channelsOf(spec: DecoderSpec, cut: Cut): readonly number[] {
  return cut.channels ?? ofHeads(queryHeads(spec, cut), dimsOf(spec, cut), spec.headDim);
}

/** A part of a layer: `q_proj.weight` of `self_attn`. */
function layerAxes(spec: DecoderSpec, cut: Cut, part: string, channels: readonly number[]): Axes {
  const below = (module: string | null) =>
    module === null ? part : part.startsWith(`${module}.`) ? part.slice(module.length + 1) : undefined;
  const attention = below(spec.branches.attention.module);
  const mlp = below(spec.branches.mlp.module);
  return (
    (attention === undefined ? undefined : attentionAxes(spec, cut, attention, channels)) ??
    (mlp === undefined ? undefined : mlpAxes(spec, cut, mlp, channels)) ?? [channels]
  );
}

/** Indices that are kept along each axis of a parameter. */
export function keptAxes(spec: DecoderSpec, cut: Cut, name: string): Axes {
  const { embedding, layerPrefix, head } = spec;
  const channels = channelsOf(spec, cut);
  const table = embedding.projections === null ? channels : upTo(embedding.width);
  if (name.startsWith(layerPrefix))
    return layerAxes(spec, cut, name.slice(layerPrefix.length).replace(/^\d+\./, ''), channels);
  if (name === `${embedding.name}.weight` || name === `${head.name}.weight`) return [cut.vocabulary, table];
  const { positions, projections } = embedding;
  if (positions && name === `${positions.name}.weight`) {
    const rows = upTo(positions.offset);
    return [[...rows, ...shifted(cut.positions ?? [], positions.offset)], channels];
  }
  if (projections && name === `${projections.in}.weight`) return [channels, table];
  if (projections && name === `${projections.out}.weight`) return [table, channels];
  return [channels];
}

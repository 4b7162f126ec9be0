/** Which tensors a decoder has, by their Hugging Face names, and their shapes. Names and shapes only. */
import type { DecoderSpec } from './spec.ts';

type Shapes = Map<string, readonly number[]>;

/** A linear weight is [out, in], as Hugging Face stores it. */
function addLinear(
  shapes: Shapes,
  name: string,
  [out, into]: readonly [number, number],
  bias: boolean,
): void {
  shapes.set(`${name}.weight`, [out, into]);
  if (bias) shapes.set(`${name}.bias`, [out]);
}

function addNorm(shapes: Shapes, name: string, { norm, width }: DecoderSpec): void {
  if (norm.scale) shapes.set(`${name}.weight`, [width]);
  if (norm.bias) shapes.set(`${name}.bias`, [width]);
}

/** The name of a module of a branch, below its layer. */
export const inBranch = (module: string | null, name: string): string =>
  module === null ? name : `${module}.${name}`;

function addAttention(shapes: Shapes, layer: string, spec: DecoderSpec): void {
  const { width, heads, keyValueHeads, headDim, attention, branches } = spec;
  const { projections, norm, bias } = attention;
  const name = (part: string) => layer + inBranch(branches.attention.module, part);
  const [queries, keys] = [heads * headDim, keyValueHeads * headDim];
  if (projections.kind === 'split') {
    addLinear(shapes, name(projections.query), [queries, width], bias.input);
    addLinear(shapes, name(projections.key), [keys, width], bias.input);
    addLinear(shapes, name(projections.value), [keys, width], bias.input);
  } else addLinear(shapes, name(projections.name), [queries + 2 * keys, width], bias.input);
  addLinear(shapes, name(attention.output), [width, queries], bias.output);
  if (norm?.over === 'own') {
    for (let head = 0; head < heads; head++)
      shapes.set(`${name(norm.query)}.norms.${head}.weight`, [headDim]);
    for (let head = 0; head < keyValueHeads; head++)
      shapes.set(`${name(norm.key)}.norms.${head}.weight`, [headDim]);
  } else if (norm) {
    shapes.set(`${name(norm.query)}.weight`, [norm.over === 'head' ? headDim : queries]);
    shapes.set(`${name(norm.key)}.weight`, [norm.over === 'head' ? headDim : keys]);
  }
}

function addMlp(shapes: Shapes, layer: string, { width, mlpWidth, mlp, branches }: DecoderSpec): void {
  const { projections, down, bias } = mlp;
  const add = (part: string, size: readonly [number, number]) =>
    addLinear(shapes, layer + inBranch(branches.mlp.module, part), size, bias);
  if (projections.kind === 'gated') add(projections.gate, [mlpWidth, width]);
  if (projections.kind === 'stacked') add(projections.name, [2 * mlpWidth, width]);
  else add(projections.up, [mlpWidth, width]);
  add(down, [width, mlpWidth]);
}

/**
 * Every parameter with its shape. Linear weights are [out, in]; the head has a weight of its own only when it is not
 * tied to the token table.
 */
export function decoderShapes(spec: DecoderSpec): ReadonlyMap<string, readonly number[]> {
  const { embedding, width, vocabulary, head, branches } = spec;
  const shapes: Shapes = new Map();
  shapes.set(`${embedding.name}.weight`, [vocabulary, embedding.width]);
  if (embedding.positions)
    shapes.set(`${embedding.positions.name}.weight`, [spec.maxPositions + embedding.positions.offset, width]);
  if (embedding.projections) {
    shapes.set(`${embedding.projections.in}.weight`, [width, embedding.width]);
    shapes.set(`${embedding.projections.out}.weight`, [embedding.width, width]);
  }
  for (let index = 0; index < spec.layers.length; index++) {
    const layer = `${spec.layerPrefix}${index}.`;
    addAttention(shapes, layer, spec);
    addMlp(shapes, layer, spec);
    for (const { before, after, sum } of [branches.attention, branches.mlp])
      for (const name of [before, after, sum]) if (name !== undefined) addNorm(shapes, layer + name, spec);
  }
  if (spec.finalNorm !== null) addNorm(shapes, spec.finalNorm, spec);
  if (!head.tied) shapes.set(`${head.name}.weight`, [vocabulary, embedding.width]);
  return shapes;
}

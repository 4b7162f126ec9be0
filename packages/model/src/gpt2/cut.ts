/**
 * A smaller GPT-2 cut out of a larger one: some of its layers, heads, numbers of a head, units of the MLP, rows of its
 * two tables, with the weights that they had. What is cut is index lists into the larger model; arrays in, arrays out.
 */

import type { Gpt2Weights } from '../weights/build.ts';
import type { Gpt2Config } from './config.ts';
import { parameterShapes } from './parameters.ts';

/** What is kept, each ascending and not empty. The width of the cut model is heads x dims. */
export interface Cut {
  readonly layers: readonly number[];
  readonly heads: readonly number[];
  /** Of the numbers of a head, the same in each. The residual stream keeps the channels `head * D + dim`. */
  readonly dims: readonly number[];
  /** Of the units inside the MLP. */
  readonly units: readonly number[];
  /** Token ids; in the cut model a token's id is its place in this list. */
  readonly vocabulary: readonly number[];
  /** Rows of the position table, likewise. */
  readonly positions: readonly number[];
}

const upTo = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

/** The cut that keeps everything. */
export function wholeCut(config: Gpt2Config): Cut {
  return {
    layers: upTo(config.n_layer),
    heads: upTo(config.n_head),
    dims: upTo(config.n_embd / config.n_head),
    units: upTo(config.n_inner ?? 4 * config.n_embd),
    vocabulary: upTo(config.vocab_size),
    positions: upTo(config.n_positions),
  };
}

/** The configuration of the cut model. A special token that was cut off is null. */
export function cutConfig(config: Gpt2Config, cut: Cut): Gpt2Config {
  const width = cut.heads.length * cut.dims.length;
  const token = (id: number | null) => {
    const place = id === null ? -1 : cut.vocabulary.indexOf(id);
    return place < 0 ? null : place;
  };
  const endTokens = (ids: Gpt2Config['eos_token_id']) =>
    Array.isArray(ids) ? ids.map(token).filter((id) => id !== null) : token(ids as number | null);
  return {
    ...config,
    n_layer: cut.layers.length,
    n_head: cut.heads.length,
    n_embd: width,
    n_inner: cut.units.length === 4 * width ? null : cut.units.length,
    vocab_size: cut.vocabulary.length,
    n_positions: cut.positions.length,
    bos_token_id: token(config.bos_token_id),
    eos_token_id: endTokens(config.eos_token_id),
    pad_token_id: token(config.pad_token_id),
  };
}

type Axis = 'vocabulary' | 'positions' | 'channels' | 'qkv' | 'units';

/** What the axes of a parameter count, by the end of its name; every other is a vector over the channels. */
const axes: readonly (readonly [string, readonly Axis[]])[] = [
  ['wte.weight', ['vocabulary', 'channels']],
  ['lm_head.weight', ['vocabulary', 'channels']],
  ['wpe.weight', ['positions', 'channels']],
  ['attn.c_attn.weight', ['channels', 'qkv']],
  ['attn.c_attn.bias', ['qkv']],
  ['attn.c_proj.weight', ['channels', 'channels']],
  ['mlp.c_fc.weight', ['channels', 'units']],
  ['mlp.c_fc.bias', ['units']],
  ['mlp.c_proj.weight', ['units', 'channels']],
];

const axesOf = (name: string): readonly Axis[] =>
  axes.find(([end]) => name.endsWith(end))?.[1] ?? ['channels'];

/** Indices that are kept along each kind of axis. */
function keptAlong(config: Gpt2Config, cut: Cut): Record<Axis, readonly number[]> {
  const size = config.n_embd / config.n_head;
  const channels = cut.heads.flatMap((head) => cut.dims.map((dim) => head * size + dim));
  const qkv = [0, 1, 2].flatMap((part) => channels.map((channel) => part * config.n_embd + channel));
  return { vocabulary: cut.vocabulary, positions: cut.positions, units: cut.units, channels, qkv };
}

/** The kept cells of a row-major matrix, or of a vector as a matrix of one row. */
function gather(values: Float32Array, columns: number, rows: readonly number[], kept: readonly number[]) {
  const out = new Float32Array(rows.length * kept.length);
  let at = 0;
  for (const row of rows) for (const column of kept) out[at++] = values[row * columns + column]!;
  return out;
}

/** The name in the whole model of a parameter of the cut one: layers are counted anew. */
export const wholeName = (name: string, cut: Pick<Cut, 'layers'>): string =>
  name.replace(
    /^(transformer\.h\.)(\d+)/,
    (_, head: string, layer: string) => head + cut.layers[Number(layer)],
  );

/** The other way: the name in the cut model; only for layers that are kept. */
export const cutName = (name: string, cut: Pick<Cut, 'layers'>): string =>
  name.replace(
    /^(transformer\.h\.)(\d+)/,
    (_, head: string, layer: string) => head + cut.layers.indexOf(Number(layer)),
  );

/**
 * The weights of the cut model, each read from the whole one when it is asked for.
 *
 * @param constantOf by the name in the whole model: a number instead of the weights it has there
 */
export function cutWeights(
  whole: Gpt2Weights,
  cut: Cut,
  constantOf: (name: string) => number | undefined = () => undefined,
): Gpt2Weights {
  const shapes = parameterShapes(whole.config);
  const kept = keptAlong(whole.config, cut);
  return {
    config: cutConfig(whole.config, cut),
    async values(name, size) {
      const source = wholeName(name, cut);
      const constant = constantOf(source);
      if (constant !== undefined) return new Float32Array(size).fill(constant);
      const shape = shapes.get(source)!;
      const values = await whole.values(
        source,
        shape.reduce((product, n) => product * n, 1),
      );
      const [first, second] = axesOf(source);
      return second === undefined
        ? gather(values, shape[0]!, [0], kept[first!])
        : gather(values, shape[1]!, kept[first!], kept[second]);
    },
  };
}

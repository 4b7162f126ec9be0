/**
 * A smaller model cut out of a larger one of the same family, with the weights that it had. What is cut is index lists
 * into the larger model; which axis of a weight counts what is the family's to say. Arrays in, arrays out.
 */
import type { ModelConfig } from './causal-lm.ts';
import { familyOf, parameterShapes } from './families.ts';
import type { Cut } from './family.ts';
import type { ModelWeights } from './weights/build.ts';

const upTo = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

/** The cut that keeps everything. */
export function wholeCut(config: ModelConfig): Cut {
  return {
    layers: upTo(config.layers),
    heads: upTo(config.keyValueHeads),
    queries: upTo(config.heads / config.keyValueHeads),
    ...(config.learnedPositions && { dims: upTo(config.headDim) }),
    ...(!familyOf(config).headsAreChannels && { channels: upTo(config.width) }),
    units: upTo(config.mlpWidth),
    vocabulary: upTo(config.vocabulary),
    ...(config.learnedPositions && { positions: upTo(config.maxPositions) }),
  };
}

/** The configuration of the cut model. A special token that was cut off is null. */
export function cutConfig(config: ModelConfig, cut: Cut): ModelConfig {
  const token = (id: number | null) => {
    const place = id === null ? -1 : cut.vocabulary.indexOf(id);
    return place < 0 ? null : place;
  };
  const endTokens = (ids: ModelConfig['eosTokenId']) =>
    typeof ids === 'object' && ids !== null ? ids.map(token).filter((id) => id !== null) : token(ids);
  const headDim = cut.dims?.length ?? config.headDim;
  const heads = cut.heads.length * cut.queries.length;
  return familyOf(config).resize(
    config,
    {
      layers: cut.layers.length,
      keptLayers: cut.layers,
      heads,
      keyValueHeads: cut.heads.length,
      headDim,
      width: cut.channels?.length ?? heads * headDim,
      mlpWidth: cut.units.length,
      vocabulary: cut.vocabulary.length,
      ...(cut.positions && { maxPositions: cut.positions.length }),
      bosTokenId: token(config.bosTokenId),
      eosTokenId: endTokens(config.eosTokenId),
      padTokenId: token(config.padTokenId),
    },
    'the cut model',
  );
}

const layerInName = /^(.*?\.(?:h|layers)\.)(\d+)/;

/** The layer that a parameter belongs to; undefined for one of the whole model. */
export function layerOf(parameter: string): number | undefined {
  const layer = layerInName.exec(parameter)?.[2];
  return layer === undefined ? undefined : Number(layer);
}

const renumbered = (name: string, number: (layer: number) => number | undefined): string =>
  name.replace(layerInName, (_, head: string, layer: string) => `${head}${number(Number(layer))}`);

/** The name in the whole model of a parameter of the cut one: layers are counted anew. */
export const wholeName = (name: string, cut: Pick<Cut, 'layers'>): string =>
  renumbered(name, (layer) => cut.layers[layer]);

/** The other way: the name in the cut model; only for layers that are kept. */
export const cutName = (name: string, cut: Pick<Cut, 'layers'>): string =>
  renumbered(name, (layer) => cut.layers.indexOf(layer));

/** The kept cells of a row-major matrix, or of a vector as a matrix of one row. */
function gather(values: Float32Array, columns: number, rows: readonly number[], kept: readonly number[]) {
  const out = new Float32Array(rows.length * kept.length);
  let at = 0;
  for (const row of rows) for (const column of kept) out[at++] = values[row * columns + column]!;
  return out;
}

/**
 * The weights of the cut model, each read from the whole one when it is asked for.
 *
 * @param constantOf by the name in the whole model: a number instead of the weights it has there
 */
export function cutWeights(
  whole: ModelWeights,
  cut: Cut,
  constantOf: (name: string) => number | undefined = () => undefined,
): ModelWeights {
  const family = familyOf(whole.config);
  const shapes = parameterShapes(whole.config);
  return {
    config: cutConfig(whole.config, cut),
    ...(whole.dtype && { dtype: whole.dtype }),
    async values(name, size) {
      const source = wholeName(name, cut);
      const constant = constantOf(source);
      if (constant !== undefined) return new Float32Array(size).fill(constant);
      const shape = shapes.get(source)!;
      const values = await whole.values(
        source,
        shape.reduce((product, n) => product * n, 1),
      );
      const [first, second] = family.keptAxes(whole.config, cut, source);
      return second === undefined
        ? gather(values, shape[0]!, [0], first!)
        : gather(values, shape[1]!, first!, second);
    },
  };
}

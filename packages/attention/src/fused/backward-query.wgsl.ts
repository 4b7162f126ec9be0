/**
 * The gradient of q: as the forward pass, a tile of queries and a walk over the keys. P comes from the saved
 * maximum and sum, dS = P (dO V^T - delta), dq = dS K (FlashAttention-2, Dao 2023, algorithm 2).
 */

import { sharedFunctions } from './forward.wgsl.ts';
import { liveFromRows, loadFunction, type Width } from './load.wgsl.ts';
import {
  declareStrips,
  dots,
  each,
  loop,
  ownQuad,
  readWeights,
  storeRows,
  storeWeights,
  weigh,
  weighPoison,
} from './product.wgsl.ts';
import { queryTile } from './query-tile.wgsl.ts';
import { keyRange } from './skip.wgsl.ts';
import { side, type Tile, tileColumns } from './tile.ts';

export interface BackwardVariant {
  readonly tile: Tile;
  readonly width: Width;
  readonly half: boolean;
}

/**
 * The two turns of a tile, by one piece of code: the scores and P in turn 0, dP and dS in turn 1. Written twice, the
 * shaders take a software adapter ten times as long to compile.
 */
export const twice = (body: string) =>
  `for (var turn = 0; turn < 2 + uniforms.zero; turn += 1) {${body}
    }`;

export const turnSize = 'select(uniforms.headSize, uniforms.valueSize, turn == 1)';

/** `name(turn, ...)`: a quad of the first operand in turn 0, of the second in turn 1. */
export const turns = (name: string, first: string, second: string, kind = 'quad') => `
fn ${name}(turn : i32, b : i32, h : i32, head : i32, row : i32, at : i32) -> vec4<f32> {
  if (turn == 0) { return ${kind}${first}(b, h, head, row, at); }
  return ${kind}${second}(b, h, head, row, at);
}`;

export const declareGradient = ({ rows, columns }: Tile) => `
    var slope : array<vec4<f32>, ${rows * columns}>;
    var flags : array<u32, ${rows * columns}>;`;

/**
 * From the scores in `weights`, in place, to the probabilities. `slope` keeps what the softcap does to the gradient,
 * `flags` which cells a select holds back (bits 0 to 3) and which take part in nothing (bits 4 to 7).
 *
 * @param at WGSL for the four pairs of row `i` and quad j, and for their row statistics.
 */
export function probabilities(
  tile: Tile,
  at: (j: number) => Record<'query' | 'key' | 'live' | 'maximum' | 'sum', string>,
): string {
  return `
    ${loop(
      'i',
      tile.rows,
      each(tile.columns, (j) => {
        const { query, key, live, maximum, sum } = at(j);
        const cell = `i * ${tile.columns} + ${j}`;
        return `{
      var x = ${readWeights('i', j, tile, 'f32')};
      slope[${cell}] = vec4<f32>(1.0);
      flags[${cell}] = 0u;
      if (uniforms.softcap != 0.0) {
        let t = tanhOf(x / uniforms.softcap);
        slope[${cell}] = 1.0 - t * t;
        x = roundedScore(t * uniforms.softcap);
      }
      var dropped = vec4<bool>(false);
      if (!open) {
        let masked = maskCells(x, ${query}, ${key}, ${live}, b, h);
        x = masked.score;
        dropped = masked.dropped;
        flags[${cell}] = bitsOf(masked.held) | (bitsOf(masked.dropped) << 4u);
      }
      ${ownQuad('i', j, tile)} = select(rounded(exp(x - ${maximum}) / ${sum}), vec4<f32>(0.0), dropped);
    }`;
      }),
    )}`;
}

/** dS from P in `weights`, dP in `s` and delta, into `weights`. A select keeps the gradient of a blocked score back. */
export const scoreGradient = (tile: Tile, delta: (i: number, j: number) => string) =>
  each(tile.rows, (i) =>
    each(tile.columns, (j) => {
      const cell = i * tile.columns + j;
      const ds = `select(${readWeights(String(i), j, tile, 'f32')} * (s${i}_${j} - ${delta(i, j)}), vec4<f32>(0.0), boolsOf(flags[${cell}]))`;
      return `${ownQuad(String(i), j, tile)} = select(${ds} * slope[${cell}] * uniforms.productScale, vec4<f32>(0.0), boolsOf(flags[${cell}] >> 4u));`;
    }),
  );

export function queryGradientCode({ tile, width, half }: BackwardVariant): string {
  const { rows, columns } = tile;
  const outputs = tile.outputs[0]!;
  const scores = (make: (i: number, j: number) => string) =>
    each(rows, (i) => each(columns, (j) => make(i, j)));
  return `
${sharedFunctions(half)}
${liveFromRows}
${keyRange}
${(['Q', 'K', 'V', 'Dout'] as const).map((operand) => loadFunction(operand, width)).join('')}
${turns('rowQuad', 'Q', 'Dout')}
${turns('columnQuad', 'K', 'V')}
${declareStrips(tile, 'f32')}
fn main(index : i32) {
  ${queryTile(tile)}
  var stats : array<vec4<f32>, ${rows}>;
  ${loop('i', rows, `stats[i] = Rows[head * uniforms.queries + min(first + ty * ${rows} + i, last)];`)}
  ${each(rows, (i) => each(outputs, (j) => `var out${i}_${j} = vec4<f32>(0.0);`))}
  for (var key = range.x; key < range.y; key += ${tileColumns(tile)}) {
    let open = isOpen(first, last, key, key + ${tileColumns(tile) - 1});
    ${declareGradient(tile)}
    ${twice(`
    ${scores((i, j) => `var s${i}_${j} = vec4<f32>(0.0);`)}
    ${dots('s', 'rowQuad(turn, b, h, head, first + row, at)', 'columnQuad(turn, b, h, keys, key + row, at)', turnSize, tile, 'f32')}
    if (turn == 0) {
    ${scores((i, j) => `s${i}_${j} = scoreOf(s${i}_${j});`)}
    ${storeWeights('s', tile, 'f32')}
    ${probabilities(tile, (j) => ({
      query: `vec4<i32>(first + ty * ${rows} + i)`,
      key: `fourFrom(key + (tx + ${j * side}) * 4)`,
      live: 'vec4<bool>(stats[i].w != 0.0)',
      maximum: 'vec4<f32>(subtrahend(stats[i].x))',
      sum: 'stats[i].y',
    }))}
    } else {
    ${scoreGradient(tile, (i) => `stats[${i}].z`)}
    }`)}
    ${weigh('out', 'finiteK(b, h, keys, key + row, at)', `min(${tileColumns(tile)}, range.y - key)`, outputs, tile, 'f32')}
    ${weighPoison('out', 'quadK(b, h, keys, key + row, at)', 'isAllowed(cellAt(vec4<i32>(first + row), vec4<i32>(key + k), b, h)).x', outputs, tile)}
  }
  ${storeRows(
    'out',
    outputs,
    {
      value: `select(x * uniforms.queryScale, vec4<f32>(0.0), stats[i].w == 0.0 && (uniforms.guard == 4 || uniforms.clear == 1))`,
      start: '(head * uniforms.queries + row) * uniforms.headSize',
      size: 'uniforms.headSize',
      valid: 'uniforms.queries',
    },
    tile,
    'f32',
  )}
}`;
}

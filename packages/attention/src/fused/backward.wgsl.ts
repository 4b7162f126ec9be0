/** The backward passes of fused attention in WGSL: one over tiles of keys, one over tiles of queries. */
import { sharedFunctions } from './forward.wgsl.ts';
import { groupIndex, liveFromRows, loadFunction, queryTile, type Width } from './load.wgsl.ts';
import { keyRange, queryRange } from './mask.wgsl.ts';
import { side, type Tile, tileColumns, tileRows } from './problem.ts';
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
} from './product.wgsl.ts';

// The gradient of q: as the forward pass, a tile of queries and a walk over the keys. P comes from the saved
// maximum and sum, dS = P (dO V^T - delta), dq = dS K (FlashAttention-2, Dao 2023, algorithm 2).

interface BackwardVariant {
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

const turnSize = 'select(uniforms.headSize, uniforms.valueSize, turn == 1)';

/** `name(turn, ...)`: a quad of the first operand in turn 0, of the second in turn 1. */
export const turns = (name: string, first: string, second: string) => `
fn ${name}(turn : i32, b : i32, h : i32, head : i32, row : i32, at : i32) -> vec4<f32> {
  if (turn == 0) { return quad${first}(b, h, head, row, at); }
  return quad${second}(b, h, head, row, at);
}`;

const declareGradient = ({ rows, columns }: Tile) => `
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
const scoreGradient = (tile: Tile, delta: (i: number, j: number) => string) =>
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
    ${weigh('out', 'quadK(b, h, keys, key + row, at)', `min(${tileColumns(tile)}, range.y - key)`, outputs, tile, 'f32')}
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

/**
 * The gradients of k and v: a tile of keys, and a walk over the queries of every head that reads them, so that each
 * sum has one owner: no float atomics, and the same bits at every run. dv = P^T dO, dk = dS^T q.
 */
export function keyGradientCode({ tile, width, half }: BackwardVariant): string {
  const { rows, columns } = tile;
  const outputs = Math.max(...tile.outputs);
  const sums = (make: (i: number, j: number) => string) =>
    each(rows, (i) => each(outputs, (j) => make(i, j)));
  const scores = (make: (i: number, j: number) => string) =>
    each(rows, (i) => each(columns, (j) => make(i, j)));
  const count = `min(${tileColumns(tile)}, range.y - query)`;
  const store = (name: string, size: string, before: string) =>
    storeRows(
      name,
      outputs,
      {
        value: 'select(x, vec4<f32>(0.0), gone[i])',
        start: `${before}(keys * uniforms.keys + row) * ${size}`,
        size,
        valid: 'uniforms.keys',
      },
      tile,
      'f32',
    );
  return `
${sharedFunctions(half)}
${liveFromRows}
${queryRange}
${(['Q', 'K', 'V', 'Dout'] as const).map((operand) => loadFunction(operand, width)).join('')}
${turns('rowQuad', 'K', 'V')}
${turns('columnQuad', 'Q', 'Dout')}
${turns('weighed', 'Dout', 'Q')}
${declareStrips(tile, 'f32')}
fn main(index : i32) {
  let group = ${groupIndex};
  let keys = group / uniforms.tiles;
  let b = keys / uniforms.keyHeads;
  let share = uniforms.heads / uniforms.keyHeads;
  let first = (group % uniforms.tiles) * ${tileRows(tile)};
  let last = min(first + ${tileRows(tile)}, uniforms.keys) - 1;
  let local = i32(localIndex);
  let tx = local % ${side};
  let ty = local / ${side};
  if (local == 0) { bounds = queryRange(b, first, last); }
  workgroupBarrier();
  let range = workgroupUniformLoad(&bounds);
  // dv in turn 0, dk in turn 1.
  ${sums((i, j) => `var now${i}_${j} = vec4<f32>(0.0); var other${i}_${j} = vec4<f32>(0.0);`)}
  for (var member = 0; member < share; member += 1) {
  let h = (keys % uniforms.keyHeads) * share + member;
  let head = b * uniforms.heads + h;
  for (var query = range.x; query < range.y; query += ${tileColumns(tile)}) {
    var stats : array<vec4<f32>, ${columns * 4}>;
    ${loop(
      'c',
      columns * 4,
      `let at = query + (tx + c / 4 * ${side}) * 4 + c % 4;
      stats[c] = Rows[head * uniforms.queries + min(at, uniforms.queries - 1)];`,
    )}
    let open = isOpen(query, query + ${tileColumns(tile) - 1}, first, last);
    ${declareGradient(tile)}
    ${twice(`
    ${scores((i, j) => `var s${i}_${j} = vec4<f32>(0.0);`)}
    ${dots('s', 'rowQuad(turn, b, h, keys, first + row, at)', 'columnQuad(turn, b, h, head, query + row, at)', turnSize, tile, 'f32')}
    if (turn == 0) {
    ${scores((i, j) => `s${i}_${j} = scoreOf(s${i}_${j});`)}
    ${storeWeights('s', tile, 'f32')}
    ${probabilities(tile, (j) => {
      const four = (make: (row: string) => string) =>
        [0, 1, 2, 3].map((c) => make(`stats[${j * 4 + c}]`)).join(', ');
      return {
        query: `fourFrom(query + (tx + ${j * side}) * 4)`,
        key: `vec4<i32>(first + ty * ${rows} + i)`,
        live: `(vec4<f32>(${four((row) => `${row}.w`)}) != vec4<f32>(0.0))`,
        maximum: `vec4<f32>(${four((row) => `subtrahend(${row}.x)`)})`,
        sum: `vec4<f32>(${four((row) => `${row}.y`)})`,
      };
    })}
    } else {
    ${each(columns, (j) => `let delta${j} = vec4<f32>(${[0, 1, 2, 3].map((c) => `stats[${j * 4 + c}].z`).join(', ')});`)}
    ${scoreGradient(tile, (_i, j) => `delta${j}`)}
    }
    ${weigh('now', 'weighed(turn, b, h, head, query + row, at)', count, outputs, tile, 'f32')}
    // The sums of the other turn change places with these.
    ${sums((i, j) => `let kept${i}_${j} = now${i}_${j}; now${i}_${j} = other${i}_${j}; other${i}_${j} = kept${i}_${j};`)}`)}
  }
  }
  let values = (uniforms.groups / uniforms.tiles) * uniforms.keys * uniforms.headSize;
  var gone : array<bool, ${rows}>;
  ${loop('i', rows, `gone[i] = uniforms.clear == 1 && (Padding[b * uniforms.keys + first + ty * ${rows} + i] & 2) == 0;`)}
  ${store('other', 'uniforms.headSize', '')}
  ${store('now', 'uniforms.valueSize', 'values + ')}
}`;
}

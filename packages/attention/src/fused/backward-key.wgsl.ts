/**
 * The gradients of k and v: a tile of keys, and a walk over the queries of every head that reads them, so that each
 * sum has one owner: no float atomics, and the same bits at every run. dv = P^T dO, dk = dS^T q.
 */
import {
  type BackwardVariant,
  declareGradient,
  probabilities,
  scoreGradient,
  turnSize,
  turns,
  twice,
} from './backward-query.wgsl.ts';
import { sharedFunctions } from './forward.wgsl.ts';
import { groupIndex, liveFromRows, loadFunction } from './load.wgsl.ts';
import {
  declareStrips,
  dots,
  each,
  loop,
  storeRows,
  storeWeights,
  weigh,
  weighPoison,
} from './product.wgsl.ts';
import { queryRange } from './skip.wgsl.ts';
import { side, tileColumns, tileRows } from './tile.ts';

export function keyGradientCode({ tile, width, half }: BackwardVariant): string {
  const { rows, columns } = tile;
  const outputs = Math.max(...tile.outputs);
  const sums = (make: (i: number, j: number) => string) =>
    each(rows, (i) => each(outputs, (j) => make(i, j)));
  const scores = (make: (i: number, j: number) => string) =>
    each(rows, (i) => each(columns, (j) => make(i, j)));
  const count = `min(${tileColumns(tile)}, range.y - query)`;
  const pair = 'isAllowed(cellAt(vec4<i32>(query + k), vec4<i32>(first + row), b, h)).x';
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
${turns('weighed', 'Dout', 'Q', 'finite')}
${turns('original', 'Dout', 'Q')}
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
  if (local == 0) { bounds = queryRange(first, last); }
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
    ${weighPoison('now', 'original(turn, b, h, head, query + row, at)', pair, outputs, tile)}
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

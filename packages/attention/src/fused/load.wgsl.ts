/**
 * Reading q, k, v and gradients, a quad (vec4) of a row at a time. What lies outside, and what a policy clears, is
 * 0 by selection, never by a product. Also how a workgroup finds its head and tile.
 */
import { side, type Tile, tileRows } from './problem.ts';

/** Whether rows are whole vec4s and bound as such. */
export type Width = 1 | 4;

/** Which of the operands a kernel reads. */
export type Operand = 'Q' | 'K' | 'V' | 'Dout';

const queryGone = 'uniforms.clear == 1 && !isLive(b, h, row)';
const keyGone = 'uniforms.clear == 1 && (Padding[b * uniforms.keys + row] & 2) == 0';
const dead = (guard: number) => `uniforms.guard == ${guard} && !isLive(b, h, row)`;

const operands = {
  Q: {
    rows: 'queries',
    size: 'headSize',
    gone: queryGone,
    value: 'roundedScore(rounded(x) * uniforms.queryScale)',
  },
  K: { rows: 'keys', size: 'headSize', gone: keyGone, value: 'rounded(x)' },
  V: { rows: 'keys', size: 'valueSize', gone: keyGone, value: 'rounded(x)' },
  Dout: {
    rows: 'queries',
    size: 'valueSize',
    gone: dead(4),
    value: `select(x, x * f32(uniforms.zero), vec4<bool>(${dead(1)}))`,
  },
} as const;

/**
 * `quadX(b, h, head, row, at)`: quad `at` of a row, as the products see it.
 */
export function loadFunction(operand: Operand, width: Width): string {
  const { rows, size, gone, value } = operands[operand];
  const whole = `${operand}[place / 4]`;
  const parts = [1, 2, 3].map(
    (i) =>
      `select(0.0, ${operand}[place + min(${i}, uniforms.${size} - 1 - column)], column + ${i} < uniforms.${size})`,
  );
  return `
fn quad${operand}(b : i32, h : i32, head : i32, row : i32, at : i32) -> vec4<f32> {
  let column = at * 4;
  if (row >= uniforms.${rows} || column >= uniforms.${size}) { return vec4<f32>(0.0); }
  if (${gone}) { return vec4<f32>(0.0); }
  let place = (head * uniforms.${rows} + row) * uniforms.${size} + column;
  let x = ${width === 4 ? whole : `vec4<f32>(${[`${operand}[place]`, ...parts].join(', ')})`};
  return ${value};
}`;
}

/** WebGPU allows 65535 workgroups per dimension; more of them continue in y. */
const limit = 65535;

export const groupDispatch = (groups: number): [number, number, number] => [
  Math.min(groups, limit),
  Math.ceil(groups / limit),
  1,
];

/** Groups past the last one do the last one again: an early return would make the barriers non-uniform. */
export const groupIndex = `min(i32(workgroupId.x + workgroupId.y * ${limit}u), uniforms.groups - 1)`;

/** `keyHead(h)`: the key head that a query head reads; and quads of places and of flags. */
export const headFunctions = `
var<workgroup> bounds : vec2<i32>;
fn fourFrom(first : i32) -> vec4<i32> { return vec4<i32>(first) + vec4<i32>(0, 1, 2, 3); }
fn bitsOf(x : vec4<bool>) -> u32 { return dot(vec4<u32>(x), vec4<u32>(1u, 2u, 4u, 8u)); }
fn boolsOf(bits : u32) -> vec4<bool> { return (vec4<u32>(bits) & vec4<u32>(1u, 2u, 4u, 8u)) != vec4<u32>(0u); }
fn keyHead(h : i32) -> i32 { return h * uniforms.keyHeads / uniforms.heads; }
`;

/** `isLive(b, h, t)`: whether a query has a key, from the buffer that holds it under `name`. */
const liveFunction = (expression: string) => `
fn isLive(b : i32, h : i32, t : i32) -> bool {
  if (uniforms.needsLive == 0) { return true; }
  return ${expression};
}`;

export const liveFromMask = liveFunction(
  'Live[b * uniforms.liveBatchStep + h * uniforms.liveHeadStep + t] != 0',
);
/** Row statistics as vec4: maximum, sum, delta, live. */
export const liveFromRows = liveFunction('Rows[(b * uniforms.heads + h) * uniforms.queries + t].w != 0.0');

// How the passes that own a tile of queries (forward, gradient of q) begin; the pass over keys begins the other way round.

/** Where a workgroup of queries stands, at the head of `main`: batch row, head, its tile, and the keys it has to visit. */
export const queryTile = (tile: Tile) => `
  let group = ${groupIndex};
  let head = group / uniforms.tiles;
  let b = head / uniforms.heads;
  let h = head % uniforms.heads;
  let keys = b * uniforms.keyHeads + keyHead(h);
  let first = (group % uniforms.tiles) * ${tileRows(tile)};
  let last = min(first + ${tileRows(tile)}, uniforms.queries) - 1;
  let local = i32(localIndex);
  let tx = local % ${side};
  let ty = local / ${side};
  if (local == 0) { bounds = keyRange(b, first, last); }
  workgroupBarrier();
  let range = workgroupUniformLoad(&bounds);`;

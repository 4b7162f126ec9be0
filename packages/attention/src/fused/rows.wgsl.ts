/** The small passes beside the large ones: which queries are live, which keys are seen, and what the gradient needs of each row. */
import { headFunctions, liveFromMask, liveFromRows } from './load.wgsl.ts';
import { maskFunctions } from './mask.wgsl.ts';
import { bitTests, rounding } from './numbers.wgsl.ts';

const mask = `${bitTests}${rounding(false)}${headFunctions}${maskFunctions}`;

/** `[B|1, H|1, T]`: 1 where a query may attend to some key. */
export const liveCode = `
${mask}
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let t = index % uniforms.queries;
  let h = (index / uniforms.queries) % uniforms.liveHeads;
  let b = index / (uniforms.queries * uniforms.liveHeads);
  var live = 0;
  for (var s = 0; s < uniforms.keys && live == 0; s += 4) {
    let keys = vec4<i32>(s) + vec4<i32>(0, 1, 2, 3);
    let allowed = isAllowed(cellAt(vec4<i32>(t), keys, b, h)) & (keys < vec4<i32>(uniforms.keys));
    if (any(allowed)) { live = 1; }
  }
  result[index] = live;
}`;

/** `[B, S]`: bit 0 what the padding mask says, bit 1 whether any query attends to the key. */
export const keyCode = `
${mask}
${liveFromMask}
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let key = index % uniforms.keys;
  let b = index / uniforms.keys;
  var flags = 1;
  if (uniforms.padded == 1 && Padding[index] == 0) { flags = 0; }
  // Where no guard opens a row, padding hides a key from all queries and causality from the earlier ones.
  let opens = uniforms.guard >= 1 && uniforms.guard <= 3;
  let first = select(0, clamp(key - uniforms.offset, 0, uniforms.queries), !opens && uniforms.causal == 1);
  let heads = select(uniforms.heads, 0, !opens && flags == 0);
  for (var h = 0; h < heads && flags < 2; h += 1) {
    for (var t = first; t < uniforms.queries && flags < 2; t += 1) {
      let query = vec4<i32>(t);
      let opened = isOpened(query, vec4<i32>(key), vec4<bool>(isLive(b, h, t))).x;
      if (opened || isAllowed(cellAt(query, vec4<i32>(key), b, h)).x) { flags = flags | 2; }
    }
  }
  result[index] = flags;
}`;

// Whether a batch row holds a number that is not finite, or whose products might not be, where somebody looks.

/** A row of `size` numbers of an operand, as WGSL that raises `large`. */
const searched = (operand: string, place: string, size: string) => `
      for (var d = 0; d < uniforms.${size}; d += 1) { large = large | isLarge(${operand}[(${place}) * uniforms.${size} + d]); }`;

/** `[B, max(T, S)]`: 1 where the queries or keys of that index hold such a number. By bits: NaN and infinities come last. */
export const largeCode = (backward: boolean) => `
${backward ? liveFromRows : liveFromMask}
fn isLarge(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > bitcast<u32>(uniforms.largest); }
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let length = max(uniforms.queries, uniforms.keys);
  let row = index % length;
  let b = index / length;
  var large = false;
  if (row < uniforms.keys && (Padding[b * uniforms.keys + min(row, uniforms.keys - 1)] & 2) != 0) {
    for (var h = 0; h < uniforms.keyHeads; h += 1) {
      let place = (b * uniforms.keyHeads + h) * uniforms.keys + row;${searched('K', 'place', 'headSize')}${searched('V', 'place', 'valueSize')}
    }
  }
  if (row < uniforms.queries) {
    for (var h = 0; h < uniforms.heads; h += 1) {
      let place = (b * uniforms.heads + h) * uniforms.queries + row;
      if (isLive(b, h, row)) {${searched('Q', 'place', 'headSize')}${
        backward
          ? `${searched('Dout', 'place', 'valueSize')}
      let stats = Rows[place];
      large = large | isLarge(stats.x) | isLarge(stats.y) | isLarge(stats.z);`
          : ''
      }
      }
    }
  }
  result[index] = select(0, 1, large);
}`;

/** The flags of `keyCode` with bit 2 for every key of a batch row that holds such a number. */
export const wholeCode = `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let length = max(uniforms.queries, uniforms.keys);
  let b = index / uniforms.keys;
  var flags = Padding[index];
  for (var i = 0; i < length && flags < 4; i += 1) { flags = flags | (Large[b * length + i] * 4); }
  result[index] = flags;
}`;

/** `[B, H, T]` of vec4: maximum, sum, delta = sum(dO * O), live. */
export const deltaCode = `
${liveFromMask}
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let t = index % uniforms.queries;
  let head = index / uniforms.queries;
  let live = isLive(head / uniforms.heads, head % uniforms.heads, t);
  let factor = select(f32(uniforms.zero), 1.0, live || uniforms.guard != 1);
  var delta = 0.0;
  for (var d = 0; d < uniforms.valueSize; d += 1) {
    delta += Dout[index * uniforms.valueSize + d] * factor * Context[index * uniforms.valueSize + d];
  }
  delta = select(delta, 0.0, !live && uniforms.guard == 4);
  result[index] = vec4<f32>(Stats[index * 2], Stats[index * 2 + 1], delta, select(0.0, 1.0, live));
}`;

/** `[B, H, T]`: what each row adds to the gradient of its head's sink. */
export const sinkCode = `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let row = Rows[index];
  let share = exp(Sinks[(index / uniforms.queries) % uniforms.heads] - row.x) / row.y;
  result[index] = select(-share * row.z, 0.0, row.w == 0.0 && uniforms.guard == 4);
}`;

/** A run of a buffer as a tensor of its own: tfjs gives a program one output. */
export const sliceCode = `
fn main(index : i32) {
  if (index < uniforms.size) { result[index] = Packed[index + uniforms.start]; }
}`;

/** The numbers of a mask as bits; a bool is an i32 already. */
export const bitsCode = `
fn main(index : i32) {
  if (index < uniforms.size) { result[index] = bitcast<i32>(Mask[index]); }
}`;

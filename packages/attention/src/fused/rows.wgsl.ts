/** The small passes beside the large ones: which queries are live, which keys are seen, and what the gradient needs of each row. */
import { headFunctions, liveFromMask } from './load.wgsl.ts';
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
  let s = vec4<i32>(index % uniforms.keys);
  let b = index / uniforms.keys;
  var flags = 1;
  if (uniforms.padded == 1 && Padding[index] == 0) { flags = 0; }
  for (var h = 0; h < uniforms.heads && flags < 2; h += 1) {
    for (var t = 0; t < uniforms.queries && flags < 2; t += 1) {
      let query = vec4<i32>(t);
      let opened = isOpened(query, s, vec4<bool>(isLive(b, h, t))).x;
      if (opened || isAllowed(cellAt(query, s, b, h)).x) { flags = flags | 2; }
    }
  }
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

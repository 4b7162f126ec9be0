/**
 * The mask of one cell, by the policy: the counterpart of oracle/row-mask.ts in WGSL, four cells at a time. Needs
 * the uniforms, `rounded`, `roundedScore`, and the buffers Padding and Explicit.
 */

/** The explicit mask is bound as bits, so that a float one and a bool one share a shader. */
export const maskFunctions = `
struct Cell { near : vec4<bool>, causal : vec4<bool>, padding : vec4<bool>, given : vec4<bool>, bias : vec4<f32> };
struct Masked { score : vec4<f32>, held : vec4<bool>, dropped : vec4<bool> };

fn cellAt(query : vec4<i32>, key : vec4<i32>, b : i32, h : i32) -> Cell {
  // A driver may read four neighbours at once, and make all of them 0 when one lies behind the buffer.
  let t = min(query, vec4<i32>(uniforms.queries - 1));
  let s = min(key, vec4<i32>(uniforms.keys - 1));
  var cell : Cell;
  let position = t + vec4<i32>(uniforms.offset);
  cell.causal = (s <= position) | vec4<bool>(uniforms.causal == 0);
  cell.near = (s > position - vec4<i32>(uniforms.window)) | vec4<bool>(uniforms.window == 0);
  cell.padding = vec4<bool>(true);
  if (uniforms.padded == 1) {
    let row = b * uniforms.keys;
    let flags = vec4<i32>(Padding[row + s.x], Padding[row + s.y], Padding[row + s.z], Padding[row + s.w]);
    cell.padding = (flags & vec4<i32>(uniforms.keyBits)) != vec4<i32>(0);
  }
  cell.given = vec4<bool>(true);
  cell.bias = vec4<f32>(0.0);
  if (uniforms.explicitKind != 0) {
    let at = vec4<i32>(b * uniforms.explicitStep.x + h * uniforms.explicitStep.y) + t * uniforms.explicitStep.z + s * uniforms.explicitStep.w;
    let bits = vec4<i32>(Explicit[at.x], Explicit[at.y], Explicit[at.z], Explicit[at.w]);
    if (uniforms.explicitKind == 1) {
      cell.given = bits != vec4<i32>(0);
    } else {
      cell.given = !isMinusInfinity(bitcast<vec4<f32>>(bits));
      cell.bias = rounded(bitcast<vec4<f32>>(bits));
    }
  }
  return cell;
}
fn isAllowed(cell : Cell) -> vec4<bool> { return cell.causal & cell.near & cell.padding & cell.given; }

// The cells that the row guard opens in a row without a key.
fn isOpened(t : vec4<i32>, s : vec4<i32>, live : vec4<bool>) -> vec4<bool> {
  let own = s == t + vec4<i32>(uniforms.offset);
  return !live & (vec4<bool>(uniforms.guard == 1 || uniforms.guard == 3) | (vec4<bool>(uniforms.guard == 2) & own));
}

// held: the gradient of the score is 0. dropped: the pair takes part in nothing.
fn maskCells(score : vec4<f32>, t : vec4<i32>, s : vec4<i32>, live : vec4<bool>, b : i32, h : i32) -> Masked {
  let cell = cellAt(t, s, b, h);
  let allowed = isAllowed(cell);
  let outside = (t >= vec4<i32>(uniforms.queries)) | (s >= vec4<i32>(uniforms.keys));
  var masked : Masked;
  let opened = isOpened(t, s, live);
  let bias = select(cell.bias, vec4<f32>(0.0), opened & isMinusInfinity(cell.bias));
  masked.dropped = outside | (!live & vec4<bool>(uniforms.guard == 4));
  var before = score;
  var total = bias;
  if (uniforms.selects == 1) {
    let closed = select(allowed, cell.causal & cell.near & cell.padding, vec4<bool>(uniforms.leaves == 1));
    masked.held = !opened & !closed;
  } else {
    masked.held = !opened & !cell.causal & vec4<bool>(uniforms.twice == 1);
    before = select(score, vec4<f32>(uniforms.fill.y), masked.held);
    var blocks = select(vec4<i32>(0), vec4<i32>(1), !allowed);
    if (uniforms.separate == 1) {
      blocks = select(vec4<i32>(0), vec4<i32>(1), !(cell.causal & cell.near)) + select(vec4<i32>(0), vec4<i32>(1), !cell.padding) + select(vec4<i32>(0), vec4<i32>(1), !cell.given & vec4<bool>(uniforms.explicitKind == 1));
    }
    blocks = select(blocks, vec4<i32>(0), opened);
    // Looked up, not added: an overflow on the device is not a thing to rely on.
    var filled = select(vec4<f32>(0.0), vec4<f32>(uniforms.fill.y), blocks == vec4<i32>(1));
    filled = select(filled, vec4<f32>(uniforms.fill.z), blocks == vec4<i32>(2));
    filled = select(filled, vec4<f32>(uniforms.fill.w), blocks == vec4<i32>(3));
    total = roundedScore(bias + filled);
  }
  let sum = select(roundedScore(before + total), before, total == vec4<f32>(0.0));
  masked.score = select(sum, vec4<f32>(uniforms.fill.y), vec4<bool>(uniforms.selects == 1) & masked.held);
  let even = !live & vec4<bool>(uniforms.even == 1);
  masked.score = select(masked.score, vec4<f32>(0.0), even);
  masked.held = masked.held | even;
  masked.score = select(masked.score, vec4<f32>(uniforms.minusInfinity), outside);
  return masked;
}

// tanh by exp of a number that is not positive, which cannot overflow; NaN stays NaN.
fn tanhOf(x : vec4<f32>) -> vec4<f32> {
  let e = exp(-2.0 * abs(x));
  let t = (1.0 - e) / (1.0 + e);
  return select(t, -t, x < vec4<f32>(0.0));
}
fn capped(score : vec4<f32>) -> vec4<f32> {
  if (uniforms.softcap == 0.0) { return score; }
  return roundedScore(tanhOf(score / uniforms.softcap) * uniforms.softcap);
}`;

// Which tiles need no visit, and which need no mask: decided from causality and window alone. Tiles are left out
// only where a blocked pair weighs 0 (`skip`) and 0 times what it holds is 0: a batch row with a number that is not
// finite, or whose products might not be, is visited as a whole (rows.wgsl.ts).

const skips = 'uniforms.skip == 1 && (Padding[b * uniforms.keys] & 4) == 0';

/** `keyRange(b, first, last)`: the keys that queries first..last may see, as [from, to). */
export const keyRange = `
fn keyRange(b : i32, first : i32, last : i32) -> vec2<i32> {
  var range = vec2<i32>(0, uniforms.keys);
  if (${skips}) {
    if (uniforms.causal == 1) { range.y = min(range.y, last + uniforms.offset + 1); }
    if (uniforms.window > 0) { range.x = max(range.x, first + uniforms.offset - uniforms.window + 1); }
  }
  return range;
}`;

/** `queryRange(b, first, last)`: the queries that may see one of the keys first..last, as [from, to). */
export const queryRange = `
fn queryRange(b : i32, first : i32, last : i32) -> vec2<i32> {
  var range = vec2<i32>(0, uniforms.queries);
  if (${skips}) {
    if (uniforms.causal == 1) { range.x = max(range.x, first - uniforms.offset); }
    if (uniforms.window > 0) { range.y = min(range.y, last + uniforms.window - uniforms.offset); }
  }
  return range;
}`;

/** `isOpen(...)`: every pair of these queries and keys is allowed by position, and none lies outside. */
export const isOpen = `
fn isOpen(firstQuery : i32, lastQuery : i32, firstKey : i32, lastKey : i32) -> bool {
  if (uniforms.explicitKind != 0 || uniforms.padded == 1) { return false; }
  if (lastQuery >= uniforms.queries || lastKey >= uniforms.keys) { return false; }
  if (uniforms.causal == 1 && lastKey > firstQuery + uniforms.offset) { return false; }
  return uniforms.window == 0 || firstKey > lastQuery + uniforms.offset - uniforms.window;
}`;

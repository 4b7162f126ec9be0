/**
 * The steps of a composed mask (packages/attention/src/prepare-mask.ts), on one row of scores at a time: a bias that is added, or
 * a fill where a cell is not kept. What a policy says is in the steps; this file only does them.
 */
import { bytes } from './numbers';

/** The words of a step: what it does, where its cells lie and how they repeat, and the same of its fill. */
const HOW: usize = 0;
const CELLS: usize = 4;
const CELL_BATCH: usize = 8;
const CELL_HEAD: usize = 12;
const CELL_QUERY: usize = 16;
const CELL_KEY: usize = 20;
const FILL: usize = 24;
const FILL_BATCH: usize = 28;
const FILL_HEAD: usize = 32;
const FILL_QUERY: usize = 36;
/** Bytes of a step. */
export const STEP: i32 = 40;

export function isSelect(step: usize): bool {
  return load<i32>(step, HOW) === 1;
}

/** The element of a step for a pair; 4 bytes for a bias, 1 for a cell that is kept or not. */
function cellAt(step: usize, b: i32, h: i32, t: i32, s: i32): usize {
  const at =
    b * load<i32>(step, CELL_BATCH) +
    h * load<i32>(step, CELL_HEAD) +
    t * load<i32>(step, CELL_QUERY) +
    s * load<i32>(step, CELL_KEY);
  return <usize>load<i32>(step, CELLS) + (isSelect(step) ? <usize>at : bytes(at));
}

function fillOf(step: usize, b: i32, h: i32, t: i32): f32 {
  const at =
    b * load<i32>(step, FILL_BATCH) + h * load<i32>(step, FILL_HEAD) + t * load<i32>(step, FILL_QUERY);
  return load<f32>(<usize>load<i32>(step, FILL) + bytes(at));
}

function selectRow(row: usize, keep: usize, each: bool, fill: f32, width: i32): void {
  const filled = f32x4.splat(fill);
  const nothing = i32x4.splat(0);
  let s = 0;
  if (!each) {
    if (load<u8>(keep) === 0) for (; s < width; s++) store<f32>(row + bytes(s), fill);
    return;
  }
  for (; s + 4 <= width; s += 4) {
    const kept = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(keep + s)));
    const at = row + bytes(s);
    v128.store(at, v128.bitselect(filled, v128.load(at), i32x4.eq(kept, nothing)));
  }
  for (; s < width; s++) if (load<u8>(keep + s) === 0) store<f32>(row + bytes(s), fill);
}

function addRow(row: usize, bias: usize, each: bool, width: i32): void {
  let s = 0;
  if (!each) {
    const same = load<f32>(bias);
    for (; s < width; s++) store<f32>(row + bytes(s), load<f32>(row + bytes(s)) + same);
    return;
  }
  for (; s + 4 <= width; s += 4) {
    const at = row + bytes(s);
    v128.store(at, f32x4.add(v128.load(at), v128.load(bias + bytes(s))));
  }
  for (; s < width; s++) store<f32>(row + bytes(s), load<f32>(row + bytes(s)) + load<f32>(bias + bytes(s)));
}

/** All steps on the scores of query t with keys s .. s + width. */
export function maskRow(
  steps: usize,
  count: i32,
  row: usize,
  b: i32,
  h: i32,
  t: i32,
  s: i32,
  width: i32,
): void {
  for (let i = 0; i < count; i++) {
    const step = steps + i * STEP;
    const cells = cellAt(step, b, h, t, s);
    const each = load<i32>(step, CELL_KEY) !== 0;
    if (isSelect(step)) selectRow(row, cells, each, fillOf(step, b, h, t), width);
    else addRow(row, cells, each, width);
  }
}

/** A select lets no gradient through to what it replaced. */
export function holdGradients(
  steps: usize,
  count: i32,
  row: usize,
  b: i32,
  h: i32,
  t: i32,
  s: i32,
  width: i32,
): void {
  for (let i = 0; i < count; i++) {
    const step = steps + i * STEP;
    if (!isSelect(step)) continue;
    selectRow(row, cellAt(step, b, h, t, s), load<i32>(step, CELL_KEY) !== 0, 0, width);
  }
}

/** Whether the step makes -inf of every score of query t with keys s .. s + width: of any for a select, of a finite one for a bias. */
function closesRow(step: usize, b: i32, h: i32, t: i32, s: i32, width: i32): bool {
  const select = isSelect(step);
  if (select && fillOf(step, b, h, t) !== -Infinity) return false;
  const cells = cellAt(step, b, h, t, s);
  const count = load<i32>(step, CELL_KEY) === 0 ? 1 : width;
  for (let i = 0; i < count; i++) {
    if (select ? load<u8>(cells + i) !== 0 : load<f32>(cells + bytes(i)) !== -Infinity) return false;
  }
  return true;
}

/** Whether the last step makes -inf of every score of a tile. */
export function closesTile(
  steps: usize,
  count: i32,
  b: i32,
  h: i32,
  t: i32,
  rows: i32,
  s: i32,
  width: i32,
): bool {
  if (count === 0) return false;
  const last = steps + (count - 1) * STEP;
  for (let i = 0; i < rows; i++) if (!closesRow(last, b, h, t + i, s, width)) return false;
  return true;
}

/** Whether a finite score reaches the last step as one, and nothing but a select stands before it. */
export function endsInSelect(steps: usize, count: i32): bool {
  return count > 0 && isSelect(steps + (count - 1) * STEP);
}

/** Whether only selects stand before the last step, so that a finite score or one of their fills reaches it. */
export function onlySelectsBefore(steps: usize, count: i32): bool {
  for (let i = 0; i < count - 1; i++) if (!isSelect(steps + i * STEP)) return false;
  return true;
}

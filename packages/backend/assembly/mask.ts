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
  let s = 0;
  if (!each) {
    if (load<u8>(keep) === 0) for (; s < width; s++) store<f32>(row + bytes(s), fill);
    return;
  }
  for (; s + 16 <= width; s += 16) {
    const closed = i8x16.eq(v128.load(keep + s), i8x16.splat(0));
    if (!v128.any_true(closed)) continue;
    const at = row + bytes(s);
    const first = i16x8.extend_low_i8x16_s(closed);
    const last = i16x8.extend_high_i8x16_s(closed);
    fillWhere(at, fill, i32x4.extend_low_i16x8_s(first));
    fillWhere(at + 16, fill, i32x4.extend_high_i16x8_s(first));
    fillWhere(at + 32, fill, i32x4.extend_low_i16x8_s(last));
    fillWhere(at + 48, fill, i32x4.extend_high_i16x8_s(last));
  }
  for (; s < width; s++) if (load<u8>(keep + s) === 0) store<f32>(row + bytes(s), fill);
}

/** Fills those of four numbers whose mask is set. */
function fillWhere(at: usize, fill: f32, where: v128): void {
  v128.store(at, v128.bitselect(f32x4.splat(fill), v128.load(at), where));
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
  return select ? areZero(cells, count) : areMinusInfinity(cells, count);
}

function areZero(at: usize, count: i32): bool {
  let i = 0;
  for (; i + 16 <= count; i += 16) if (v128.any_true(v128.load(at + i))) return false;
  for (; i < count; i++) if (load<u8>(at + i) !== 0) return false;
  return true;
}

function areMinusInfinity(at: usize, count: i32): bool {
  const closed = f32x4.splat(-Infinity);
  let i = 0;
  for (; i + 4 <= count; i += 4)
    if (!i32x4.all_true(f32x4.eq(v128.load(at + bytes(i)), closed))) return false;
  for (; i < count; i++) if (load<f32>(at + bytes(i)) !== -Infinity) return false;
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

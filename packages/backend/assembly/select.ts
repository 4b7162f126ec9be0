/** Takes an element where a mask keeps it, and a fill elsewhere, as packages/attention/src/kernels/select-masked.ts has it. */
import { bytes } from './numbers';

/** Words of a call: sizes of x but the first, then the steps of the mask and of the fill along batch, head, query and key; 0 repeats. */
const HEADS: i32 = 0;
const QUERIES: i32 = 1;
const KEYS: i32 = 2;
const KEEP_STEPS: i32 = 3;
const FILL_STEPS: i32 = 7;

function word(problem: usize, index: i32): i32 {
  return load<i32>(problem + bytes(index));
}

/** Where the row of batch row b, head h and query t begins. */
function startOf(problem: usize, steps: i32, b: i32, h: i32, t: i32): i32 {
  return b * word(problem, steps) + h * word(problem, steps + 1) + t * word(problem, steps + 2);
}

/**
 * Rows first .. first + count of x, moved as bits.
 *
 * @param keep a byte an element, 0 for what the fill replaces
 * @param problem the address of its words
 */
export function selectMasked(
  x: usize,
  keep: usize,
  fill: usize,
  y: usize,
  problem: usize,
  first: i32,
  count: i32,
): void {
  const heads = word(problem, HEADS);
  const queries = word(problem, QUERIES);
  const keys = word(problem, KEYS);
  const keepStep = word(problem, KEEP_STEPS + 3);
  const fillStep = word(problem, FILL_STEPS + 3);
  const whole = keepStep === 1 && fillStep === 0 ? keys & ~3 : 0;
  for (let row = first; row < first + count; row++) {
    const t = row % queries;
    const h = (row / queries) % heads;
    const b = row / queries / heads;
    const from = x + <usize>row * bytes(keys);
    const to = y + <usize>row * bytes(keys);
    const kept = keep + <usize>startOf(problem, KEEP_STEPS, b, h, t);
    const other = fill + bytes(startOf(problem, FILL_STEPS, b, h, t));
    const same = v128.load32_splat(other);
    for (let i = 0; i < whole; i += 4) {
      const four = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(kept + <usize>i)));
      const taken = i32x4.ne(four, i32x4.splat(0));
      v128.store(to + bytes(i), v128.bitselect(v128.load(from + bytes(i)), same, taken));
    }
    for (let i = whole; i < keys; i++) {
      const bits =
        load<u8>(kept + <usize>(i * keepStep)) !== 0
          ? load<i32>(from + bytes(i))
          : load<i32>(other + bytes(i * fillStep));
      store<i32>(to + bytes(i), bits);
    }
  }
}

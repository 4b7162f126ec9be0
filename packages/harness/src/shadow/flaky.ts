/** Whether a lane gives the same losses when it evaluates the same batch again. Pure. */
import { fromJsonNumber, type ReplaysRecord, type SampleLine, toJsonNumber } from '@nanscope/record';

type LaneReplays = ReplaysRecord['lanes'][number];

/** Bits, as far as JSON keeps them: any NaN is a NaN, both zeros are 0. */
const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

/**
 * @param run the lines of the batch that the run wrote, in order
 * @param replays the losses of each replay, in the same order
 */
export function compareReplays(
  role: LaneReplays['role'],
  run: readonly SampleLine[],
  replays: readonly Float32Array[],
): LaneReplays {
  const labels = run.flatMap(({ row, positions, losses }) =>
    positions.map((position, i) => ({ row, position, loss: fromJsonNumber(losses[i]!) })),
  );
  const moved = new Set<number>();
  let changed = 0;
  let first: LaneReplays['first'];
  for (const losses of replays) {
    let here = losses.length !== labels.length;
    labels.forEach(({ row, position, loss }, i) => {
      const replay = losses[i] ?? Number.NaN;
      if (same(loss, replay)) return;
      here = true;
      moved.add(i);
      first ??= { row, position, run: toJsonNumber(loss), replay: toJsonNumber(replay) };
    });
    if (here) changed++;
  }
  return { role, changed, labels: moved.size, ...(first && { first }) };
}

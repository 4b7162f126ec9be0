/**
 * `pnpm torture [RUNS] [SEED]`: evaluations killed at random moments, a lane or the whole run, each read and resumed. Ends
 * with what was seen, or with the first run that lost something.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resultOf, trial, uninterrupted } from './trial.ts';

/** mulberry32: the same moments for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const [runs = 50, seed = 1] = process.argv.slice(2).map(Number);
const next = random(seed);
const base = mkdtempSync(join(tmpdir(), 'nanscope-torture-'));
const data = join(base, 'text.txt');
writeFileSync(data, Array.from({ length: 16 }, (_, i) => `Row ${'x'.repeat(i % 7)} ${i}.\n`).join(''));
const took = await uninterrupted(data, join(base, 'whole'));
const expected = resultOf(join(base, 'whole'));
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
process.stdout.write(`without a disturbance: ${seconds(took.before)}, and ${seconds(took.lanes)} of lanes\n`);
const seen = { 'not begun': 0, begun: 0, complete: 0 };
for (let run = 1; run <= runs; run++) {
  // One in four kills the run itself, the others the lane that runs then; one in eight before there is a lane.
  const victim = next() < 0.25 ? 'parent' : 'lane';
  const early = next() < 0.125;
  const after = Math.round(next() * (early ? took.before : took.lanes));
  const moment = { victim, after, from: early ? 'start' : 'lanes' } as const;
  const folder = join(base, `run-${run}`);
  const { kept, state } = await trial(data, folder, moment, expected);
  seen[state]++;
  const what = state === 'not begun' ? 'one clear line' : 'resumed to the same result';
  const how = `${victim} killed ${seconds(after)} after ${early ? 'the start' : 'its lanes began'}`;
  process.stdout.write(`${run}/${runs} ${how}: ${state}, ${kept} batches kept, ${what}\n`);
  rmSync(folder, { recursive: true, force: true });
}
rmSync(base, { recursive: true });
process.stdout.write(`${runs} runs, seed ${seed}: ${JSON.stringify(seen)}; nothing lost.\n`);

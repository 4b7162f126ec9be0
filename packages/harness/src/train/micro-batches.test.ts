/** However a step is cut into micro-batches, it is the step of the one large batch: its tokens, its loss, its gradient norm. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinBackend, type Session } from '@nanscope/backend';
import { loadTokenizerFor, loadTrainModel, optimizerOf, settingsOf, trainData } from '@nanscope/lane';
import { policyOf, resolveFlags, toTrainConfig, trainFlags } from '@nanscope/settings';
import { type StepReport, train } from '@nanscope/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const base = mkdtempSync(join(tmpdir(), 'nanscope-micro-'));
let session: Session;
beforeAll(async () => {
  session = await builtinBackend('wasm').open();
});
afterAll(async () => {
  await session.dispose();
  rmSync(base, { recursive: true });
});

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const most = 20;
let files = 0;

/** Lengths of rows, and a file of such rows in bytes. */
function textOf(seed: number): { readonly data: string; readonly lengths: readonly number[] } {
  const next = random(seed);
  const lengths = Array.from({ length: 5 + Math.floor(next() * 4) }, () => 2 + Math.floor(next() * 24));
  const data = join(base, `${files++}.txt`);
  const row = (length: number) =>
    Array.from({ length }, () => String.fromCharCode(97 + Math.floor(next() * 26))).join('');
  writeFileSync(data, `${lengths.map(row).join('\n')}\n`);
  return { data, lengths: lengths.map((length) => Math.min(length, most)) };
}

/** The first step. */
async function stepOf(flags: Readonly<Record<string, string | boolean>>): Promise<StepReport> {
  const shape = { layers: '1', width: '16', heads: '2', rows: 'line', validation: '0', steps: '1' };
  const given = { ...shape, 'max-length': `${most}`, ...flags };
  const config = toTrainConfig(resolveFlags(trainFlags, given, undefined));
  const tokenizer = await loadTokenizerFor(config);
  const model = await loadTrainModel(config, tokenizer);
  const { training } = await trainData(config, tokenizer, model.config);
  const optimizer = optimizerOf(config, model);
  const settings = settingsOf(
    { config, policy: policyOf(config), decision: { attention: 'sdpa' } },
    training.length,
  );
  const steps: StepReport[] = [];
  await train(
    { model, optimizer, training, settings },
    {
      onStep: (report) => void steps.push(report),
      onValidation: () => {},
      onNonFinite: async () => {},
      save: async () => {},
      stopWanted: () => false,
    },
  );
  optimizer.dispose();
  model.dispose();
  return steps[0]!;
}

/** Supervised tokens of one batch: a first token counts where a column precedes it. */
function tokensOf(lengths: readonly number[], left: boolean, ignoreFirst: boolean): number {
  const longest = Math.max(...lengths);
  return lengths.reduce((sum, n) => sum + n - (left && n < longest && !ignoreFirst ? 0 : 1), 0);
}

const float32 = 2 ** -23;

describe.each([
  ['left', 'mask', false],
  ['left', 'arange', false],
  ['left', 'mask', true],
  ['right', 'mask', false],
  ['right', 'arange', false],
] as const)('padded on the %s, positions by %s, first token ignored: %s', (side, positions, ignoreFirst) => {
  it.each([1, 2, 3])('every split is the large batch (seed %i)', async (seed) => {
    const { data, lengths } = textOf(seed);
    const rows = lengths.length;
    const flags = {
      data,
      'padding-side': side,
      'position-ids': positions,
      'ignore-first-token': ignoreFirst,
    };
    const step = (size: number) =>
      stepOf({ ...flags, 'batch-size': `${size}`, accumulate: `${Math.ceil(rows / size)}` });
    const whole = await step(rows);
    expect(whole.tokens).toBe(tokensOf(lengths, side === 'left', ignoreFirst));
    for (let size = 1; size < rows; size++) {
      const split = await step(size);
      expect(split.tokens).toBe(whole.tokens);
      // Sums of a few hundred terms, in another order.
      expect(Math.abs(split.loss / whole.loss - 1)).toBeLessThan(16 * float32);
      expect(Math.abs(split.gradNorm / whole.gradNorm - 1)).toBeLessThan(64 * float32);
    }
  });
});

import type { Decision } from '@nanscope/device';
import { conformFlags, resolveFlags, toConformConfig } from '@nanscope/settings';
import { expect, it } from 'vitest';
import { checkTorchConform, runTorchCases } from './torch-cases.ts';
import { conformRecord } from './verdict.ts';

const config = (given: Record<string, string>) =>
  toConformConfig(resolveFlags(conformFlags, { device: 'torch:cpu', ...given }, undefined));

it.each([[{}], [{ attn: 'sdpa' }], [{ filter: 'masked' }]])('a torch device takes %j', (given) => {
  expect(() => checkTorchConform(config(given))).not.toThrow();
});

it.each([
  ['attn', 'fused'],
  ['attn', 'eager'],
  ['shard', '1/2'],
  ['bail', '1'],
])('a torch device refuses --%s %s, which is about cases of ours', (name, value) => {
  expect(() => checkTorchConform(config({ [name]: value }))).toThrow(`--${name}: expected it to be left out`);
});

const decision = { torch: { device: 'cpu', python: 'python3' } } as unknown as Decision;
const ids = ['own', 'flash', 'math'].map((backend) => `torch:plain;backend=${backend}`);

/** A lane that answers these calls, refusing each, and says that it is done. */
async function ranWith(answered: readonly string[], filter = 'torch:plain;*') {
  const ran = await runTorchCases(
    decision,
    { laneTimeout: 1, filter },
    { onLane: () => {} },
    async ({ onMessage }) => {
      for (const id of answered) onMessage({ kind: 'answer', id, refused: 'no kernel' } as never);
      onMessage({ kind: 'done' } as never);
      return { code: 0, signal: null, silent: false, lastWords: '' };
    },
  );
  const about = { badVectors: [], implementation: '', decision, seconds: 0, cases: ran.cases };
  return conformRecord(ran, about, 'nanscope conform');
}

it('each call that is answered is a result', async () => {
  const { counts, status } = await ranWith(ids);
  expect({ counts, status }).toEqual({
    counts: { cases: 3, pass: 0, fail: 1, refused: 2, notRun: 0 },
    status: 'complete',
  });
});

it('a call without an answer is not run, whatever the lane says at its end', async () => {
  const { counts, failure, verdict } = await ranWith([ids[0]!, ids[2]!]);
  expect(counts).toMatchObject({ cases: 3, notRun: 1 });
  expect(failure).toBe('it was done without an answer to 1 call');
  expect(verdict).toMatchObject({ code: 'lane-failed', exitCode: 1 });
  expect(verdict.next).toContain(ids[1]);
});

it.each([['torch:other;backend=own'], [ids[0]!]])(
  'an answer to %s that is not asked for ends in a failure',
  async (id) => {
    const { failure, counts } = await ranWith([...ids, id]);
    expect(failure).toContain(`it answered the call ${id}, which it was not asked`);
    expect(counts).toMatchObject({ cases: 3, notRun: 0 });
  },
);

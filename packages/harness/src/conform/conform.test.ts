import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCases } from '@nanscope/lane';
import type { ConformConfig } from '@nanscope/settings';
import { afterAll, describe, expect, it } from 'vitest';
import { selectCases } from './conform.ts';

const base = mkdtempSync(join(tmpdir(), 'conform-cases-'));
afterAll(() => rmSync(base, { recursive: true }));

const ids = async (config: Partial<ConformConfig>) =>
  selectCases((await readCases({ attn: 'sdpa', ...config })).cases, config as ConformConfig).map(
    ({ id }) => id,
  );

describe('the cases of a conformance run', () => {
  it('are divided by shards that are disjoint and together the whole', async () => {
    const whole = await ids({ filter: 'metamorphic:' });
    const parts = await Promise.all(
      ['1/3', '2/3', '3/3'].map((shard) => ids({ filter: 'metamorphic:', shard })),
    );
    expect(Math.min(...parts.map(({ length }) => length))).toBeGreaterThan(0);
    expect(parts.flat().sort()).toEqual([...whole].sort());
  });

  it('of a part that holds none are a mistake: nothing would have been compared', async () => {
    const [one] = await ids({ filter: 'metamorphic:' });
    await expect(
      Promise.all(['1/2', '2/2'].map((shard) => ids({ filter: one!, shard }))),
    ).rejects.toMatchObject({ code: 'conform/no-cases' });
  });

  it.each([
    ['another result', JSON.stringify({ schemaVersion: 1, kind: 'matrix' }), 'run-folder/foreign'],
    ['cut off', '{"schema":', 'run-folder/broken'],
    ['of another version', '{"schema":"nanscope-conform/9","kind":"conform"}', 'run-folder/version'],
  ])('cannot be those that failed in a file that is %s', async (_name, text, code) => {
    const file = join(base, 'result.json');
    writeFileSync(file, text);
    await expect(ids({ lastFailed: file })).rejects.toMatchObject({ code, exitCode: 2 });
  });
});

/** Evaluations that are killed for good, as processes, and resumed: a lane, and the whole run. `pnpm torture` does it fifty times. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { resultOf, trial, uninterrupted } from '../torture/trial.ts';
import { run, workspace } from './cli.ts';

const { at } = workspace();
const data = at('rows.txt');
writeFileSync(data, Array.from({ length: 12 }, (_, i) => `Row ${'x'.repeat(i % 7)} ${i}.\n`).join(''));

describe('an evaluation', () => {
  let lanes = 0;
  let expected: unknown;
  beforeAll(async () => {
    ({ lanes } = await uninterrupted(data, at('whole')));
    expected = resultOf(at('whole'));
  });

  // Early in the lanes' time, where the first computes, and late in it.
  it.each([
    ['lane', 0.25],
    ['parent', 0.7],
  ] as const)(
    'whose %s is killed is readable as it is, and resumed to the same result',
    async (victim, share) => {
      const moment = { victim, after: lanes * share, from: 'lanes' } as const;
      const { state } = await trial(data, at(`killed-${victim}`), moment, expected);
      expect(['begun', 'complete']).toContain(state);
    },
  );

  it('is not resumed under other settings, or from a folder that is none of its own', async () => {
    const other = await run(['eval', '--resume', at('whole'), '--batch-size', '5']);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toBe(
      `nanscope: --resume ${at('whole')}: expected --batch-size 2 as in that run, found 5. Leave it out, or start a new run with --out.\n`,
    );
    const nowhere = await run(['eval', '--resume', at('nowhere')]);
    expect(nowhere).toMatchObject({ code: 2, stdout: '' });
    expect(nowhere.stderr).toMatch(
      /^nanscope: --resume .*nowhere: expected the folder of an evaluation.*\n$/,
    );
    expect(existsSync(join(at('nowhere')))).toBe(false);
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfigFile, resolveFlags, trainFlags } from '@nanscope/settings';
import { afterAll, expect, it, vi } from 'vitest';
import { run } from '../run.ts';
import { commands } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'nanscope-init-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('init writes a file that --config reads, and its schema; and overwrites neither', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const out = join(folder, 'train.yaml');
  expect(await run(['init', '--for', 'train', '--out', out], commands)).toBe(0);
  const values = await readConfigFile(out, trainFlags);
  expect(resolveFlags(trainFlags, {}, { path: out, values })).toEqual(
    resolveFlags(trainFlags, {}, undefined),
  );
  const schema = JSON.parse(readFileSync(join(folder, 'train.schema.json'), 'utf8'));
  expect(Object.keys(schema.properties)).toContain('learning-rate');
  const again = run(['init', '--for', 'train', '--out', out], commands);
  await expect(again).rejects.toMatchObject({ code: 'usage/init', exitCode: 2 });
  rmSync(out);
  // The schema alone is in the way as well.
  await expect(run(['init', '--out', out], commands)).rejects.toMatchObject({ code: 'usage/init' });
  write.mockRestore();
});

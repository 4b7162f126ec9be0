import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32Tensor, writeSafetensors } from '@nanscope/safetensors';
import { afterAll, expect, it } from 'vitest';
import { loadInputs } from './load-inputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'nanscope-inputs-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('the weights of a model are called so, and a few of their names are enough', async () => {
  const one = float32Tensor([1], Float32Array.of(1));
  const names = Array.from({ length: 40 }, (_, i) => `transformer.h.${i}.w`);
  const path = join(folder, 'model.safetensors');
  await writeSafetensors(path, Object.fromEntries(names.map((name) => [name, one])), {});
  const error = await loadInputs(path, {} as never, {} as never).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'inputs/missing' });
  const { message } = error as Error;
  expect(message).toContain('and 35 more: weights of a model. Give their folder to --model.');
  expect(names.filter((name) => message.includes(`${name},`) || message.includes(`${name} `))).toHaveLength(
    5,
  );
});

/** The model that eval takes when none is named: small, trained, and what its card says. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainedModelFolder } from '@nanscope/model';
import { expect, it } from 'vitest';
import { evaluate, run, workspace } from './cli.ts';

const { at } = workspace();
const folder = trainedModelFolder('prose');
const card = readFileSync(join(folder, 'README.md'), 'utf8');

it('has at most 4 MB', () => {
  const bytes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  expect(bytes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(4e6);
});

it('has a card with the command, the seed and the losses; the recipe in it is there', () => {
  const recipe = /nanscope train --config (\S+)/.exec(card)?.[1];
  expect(existsSync(fileURLToPath(new URL(`../../${recipe}`, import.meta.url)))).toBe(true);
  expect(card).toMatch(/^\| seed \| \d+ \|$/m);
  expect(card).toMatch(/^\| training loss \| [\d.]+ nats/m);
  expect(card).toMatch(/^\| validation loss \| [\d.]+ nats/m);
});

it('gives a text that it has not seen a real loss', async () => {
  const { result, code } = await evaluate(
    ...['--device', 'wasm', '--reference', 'none', '--trace', 'off', '--out', at('eval')],
  );
  expect(code).toBe(0);
  expect(result.target?.model).toMatchObject({ name: 'prose', vocabulary: 258 });
  expect(result.target?.environment?.backendVersion).toMatch(/^@tensorflow\/tfjs-backend-wasm \d/);
  // A model that knows nothing pays ln 258 = 5.55 nats.
  expect(result.target?.metrics?.loss).toBeLessThan(2.5);
  expect(result.target?.metrics?.accuracy).toBeGreaterThan(0.35);
});

it('can be trained further', async () => {
  const { code, stdout } = await run([
    ...[
      'train',
      '--model',
      'prose',
      '--device',
      'wasm',
      '--steps',
      '2',
      '--batch-size',
      '2',
      '--max-length',
      '64',
    ],
    ...['--json', '--out', at('train')],
  ]);
  expect(code).toBe(0);
  const { target } = JSON.parse(stdout) as { target: { training: { loss: number } } };
  expect(target.training.loss).toBeLessThan(3);
});

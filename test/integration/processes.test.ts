/** Which processes a command starts, and what they load: each import of TensorFlow.js costs half a second of a processor. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rows, start, workspace } from './cli.ts';

const { at } = workspace();

const loaded = at('loaded.jsonl');
const watcher = at('watcher.cjs');
// Loaded first in every process of a command: as it ends it says which it was, and whether TensorFlow.js was in it.
writeFileSync(
  watcher,
  `const { isMainThread } = require('node:worker_threads');
if (isMainThread) process.on('exit', () => {
  const tensorflow = Object.keys(require.cache).some((file) => file.includes('tfjs-core'));
  const line = JSON.stringify({ lane: /lane/.test(process.argv[1]), tensorflow });
  require('node:fs').appendFileSync(${JSON.stringify(loaded)}, line + '\\n');
});`,
);

it('an evaluation is three processes: one that leads, which needs no TensorFlow.js, and one a lane', async () => {
  writeFileSync(at('few.txt'), rows.join('\n'));
  const args = [
    'eval',
    '--device',
    'wasm',
    '--reference',
    'javascript',
    '--model',
    'tiny',
    '--tokenizer',
    'bytes',
  ];
  const { ended } = start([...args, '--data', at('few.txt'), '--out', at('run')], {
    env: { CI: '', NODE_OPTIONS: `--require=${watcher}` },
  });
  expect((await ended).code).toBe(0);
  const seen = readFileSync(loaded, 'utf8').trim().split('\n').sort();
  expect(seen.map((line) => JSON.parse(line))).toEqual([
    { lane: false, tensorflow: false },
    { lane: true, tensorflow: true },
    { lane: true, tensorflow: true },
  ]);
});

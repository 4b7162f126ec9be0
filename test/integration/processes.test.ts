/** Which processes a command starts, and what they load: each import of TensorFlow.js costs half a second of a processor. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rows, start, workspace } from './cli.ts';

const { at } = workspace();

const loaded = at('loaded.jsonl');
const watcher = at('watcher.cjs');
// Loaded first in every process of a command: says which it is, and as it ends whether TensorFlow.js was in it. One that is killed does not.
writeFileSync(
  watcher,
  `const { isMainThread } = require('node:worker_threads');
const say = (what) => require('node:fs').appendFileSync(${JSON.stringify(loaded)}, JSON.stringify({ lane: /lane/.test(process.argv[1]), ...what }) + '\\n');
if (isMainThread) {
  say({ began: true });
  process.on('exit', () => say({ tensorflow: Object.keys(require.cache).some((file) => file.includes('tfjs-core')) }));
}`,
);

const parent = [
  { lane: false, began: true },
  { lane: false, tensorflow: false },
];
const lane = [
  { lane: true, began: true },
  { lane: true, tensorflow: true },
];
const order = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b));

const small = ['--model', 'tiny', '--tokenizer', 'bytes'];
const wasm = ['--device', 'wasm'];

it.each([
  ['an evaluation', ['eval', ...wasm, '--reference', 'javascript', ...small, '--data', at('few.txt')], 2],
  ['a generation', ['generate', ...wasm, ...small, '--prompt', 'It rained.', '--max-new-tokens', '2'], 1],
  ['a conformance suite', ['conform', ...wasm, '--attn', 'sdpa', '--shard', '1/100'], 1],
  ['a matrix', ['matrix', ...wasm, '--shard', '1/500', '--out', at('matrix')], 1],
])('%s is one process that leads, which needs no TensorFlow.js, and one a lane', async (_, args, lanes) => {
  writeFileSync(at('few.txt'), rows.join('\n'));
  rmSync(loaded, { force: true });
  const out = args[0] === 'eval' ? ['--out', at('run')] : [];
  const { ended } = start([...args, ...out], {
    env: { CI: '', NODE_OPTIONS: `--require=${watcher}` },
  });
  expect(await ended).toMatchObject({ code: 0 });
  const seen = readFileSync(loaded, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .sort(order);
  expect(seen).toEqual([...parent, ...Array(lanes).fill(lane).flat()].sort(order));
});

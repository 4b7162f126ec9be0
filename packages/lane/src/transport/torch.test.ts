/** A torch lane over standard input and output, with a program that stands in for its Python. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { LaneMessage } from '../protocol/task.ts';
import { watchLane } from './start-lane.ts';
import { runTorch, torchIn } from './torch.ts';

const fake = fileURLToPath(new URL('../../../../test/fixtures/fake-python.mjs', import.meta.url));

async function lane(
  how: string,
  { python = fake, seconds = 20, signal }: { python?: string; seconds?: number; signal?: AbortSignal } = {},
) {
  const messages: LaneMessage[] = [];
  const outcome = await watchLane({
    ...{ run: 'evaluate' as const, task: {} },
    environment: { FAKE_PYTHON: how },
    silenceSeconds: seconds,
    onMessage: (message) => void messages.push(message),
    start: torchIn(python, { device: 'cpu', folder: '/lane', task: { role: 'target' } }),
    ...(signal && { signal }),
  });
  return { outcome, kinds: messages.map(({ kind }) => kind), messages };
}

it('hands over one line of JSON and hears messages until the end', async () => {
  const seen = join(mkdtempSync(join(tmpdir(), 'nanscope-')), 'seen');
  process.env.FAKE_PYTHON_SEEN = seen;
  const { outcome, kinds } = await lane('').finally(() => delete process.env.FAKE_PYTHON_SEEN);
  expect(outcome).toEqual({ status: 'complete' });
  expect(kinds).toEqual(['hello', 'progress', 'done']);
  expect(JSON.parse(readFileSync(seen, 'utf8'))).toEqual({
    ...{ protocol: 1, kind: 'evaluate', device: 'cpu', folder: '/lane' },
    task: { role: 'target' },
  });
});

it('numbers arrive in the type in which they are sent, both ways', async () => {
  const python = join(mkdtempSync(join(tmpdir(), 'nanscope-')), 'python.mjs');
  const echo = `const { task } = JSON.parse(line); say({ kind: 'answer', answer: task }); say({ kind: 'done' });`;
  writeFileSync(
    python,
    `#!/usr/bin/env node\nconst say = (message) => console.log(JSON.stringify(message));\nfor await (const line of (await import('node:readline')).createInterface({ input: process.stdin })) { ${echo} }\n`,
    { mode: 0o755 },
  );
  const task = {
    ...{ f8: Float64Array.of(1 / 3, 1e300, -0, Number.NaN), f4: Float32Array.of(0.1) },
    ...{ i4: Int32Array.of(-7), u1: Uint8Array.of(1) },
  };
  const heard: object[] = [];
  await runTorch<object>(
    python,
    { device: 'cpu', task },
    { run: 'conform', environment: {}, silenceSeconds: 20, onMessage: (message) => void heard.push(message) },
  );
  expect(heard).toEqual([{ kind: 'answer', answer: task }, { kind: 'done' }]);
});

it('one that stays takes the next task in the same process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-'));
  const python = join(folder, 'python.mjs');
  const starts = join(folder, 'starts');
  const counting = `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(starts)}, 'x');`;
  writeFileSync(python, `#!/usr/bin/env node\n${counting}\nawait import(${JSON.stringify(fake)});\n`);
  chmodSync(python, 0o755);
  const kinds: string[] = [];
  const run = (run: 'probe' | 'evaluate', stay: boolean) =>
    runTorch<LaneMessage>(
      python,
      { device: 'cpu', task: {} },
      { run, stay, environment: {}, silenceSeconds: 20, onMessage: ({ kind }) => void kinds.push(kind) },
    );
  await run('probe', true);
  await run('evaluate', false);
  expect(kinds).toEqual(['probe', 'done', 'hello', 'progress', 'done']);
  expect(readFileSync(starts, 'utf8')).toBe('x');
});

it('what is printed to standard output is reported once, and is no message', async () => {
  const { outcome, kinds, messages } = await lane('noise');
  expect(outcome).toEqual({ status: 'complete' });
  expect(kinds).toEqual(['hello', 'note', 'progress', 'done']);
  expect(messages[1]).toMatchObject({ text: expect.stringContaining('Loading weights: 100%') });
});

it.each([
  ['killed', 'crashed', /killed by SIGKILL/],
  ['memory', 'failed', /^out of memory on cpu/],
  ['architecture', 'failed', /no causal language model of the type "made-up"/],
  ['trace', 'crashed', /exited with code 1; its last words: ValueError: no such thing/],
])('a lane that ends by %s is %s, with one line that says how', async (how, status, words) => {
  const { outcome } = await lane(how);
  expect(outcome.status).toBe(status);
  expect(outcome.failure).toMatch(words);
  expect(outcome.failure).not.toContain('\n');
});

it('a mistake of the user that only the lane sees has its code and exit code', async () => {
  expect((await lane('remote')).outcome.userError).toMatchObject({
    ...{ code: 'torch/trust-remote-code', exitCode: 2 },
  });
});

it('one that is silent too long is stopped and counts as hung', async () => {
  const { outcome } = await lane('hang', { seconds: 3 });
  expect(outcome).toMatchObject({ status: 'hung', failure: expect.stringContaining('3 s (--lane-timeout)') });
});

it('one that is interrupted ends, and is interrupted', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1500);
  const { outcome } = await lane('hang', { signal: stop.signal });
  expect(outcome.status).toBe('interrupted');
});

it('an interpreter that is not there is an end like any other', async () => {
  const { outcome } = await lane('', { python: '/nowhere/python' });
  expect(outcome).toMatchObject({ status: 'crashed', failure: expect.stringContaining('ENOENT') });
});

/** Processes that wait for their next task, with a module that says which process it is. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { runChild } from './child.ts';
import { endKept, keepLanes } from './kept.ts';

const file = join(mkdtempSync(join(tmpdir(), 'nanscope-')), 'child.mjs');
writeFileSync(
  file,
  `process.on('disconnect', () => process.exit(0));
process.on('message', ({ kind, task, stay }) => {
  const done = () => process.send({ kind: 'done' }, () => { if (!stay && kind !== 'stop') process.exit(task?.code ?? 0); });
  if (kind) return done();
  if (task.listens) return;
  process.send({ kind: 'pid', pid: process.pid });
  setTimeout(done, task.takes ?? 0);
});`,
);

const endLasting = () => {
  keepLanes(false);
  endKept();
};

afterEach(() => endKept());

/** Runs one task; the process that did it, and its exit code. */
async function did({
  backend = 'wasm',
  stay = false,
  environment = {},
  code = 0,
  takes = 0,
}: {
  readonly backend?: string;
  readonly stay?: boolean;
  readonly environment?: Record<string, string>;
  readonly code?: number;
  readonly takes?: number;
} = {}) {
  let pid = 0;
  const end = await runChild<{ pid?: number }>({
    ...{ run: 'probe', task: { code, takes }, environment, backend, stay, silenceSeconds: 20 },
    module: pathToFileURL(file),
    onMessage: (message) => {
      pid = message.pid ?? pid;
    },
  });
  return { pid, code: end.code };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('one that stays takes the next task of its backend, and then ends with that', async () => {
  const { pid } = await did({ stay: true });
  expect(await did({ stay: true })).toEqual({ pid, code: 0 });
  expect(await did({ code: 3 })).toEqual({ pid, code: 3 });
  expect((await did()).pid).not.toBe(pid);
});

it('another backend, or another environment, has a process of its own', async () => {
  const { pid } = await did({ stay: true });
  expect((await did({ backend: 'cpu' })).pid).not.toBe(pid);
  expect((await did({ environment: { NANSCOPE_KEPT: '1' } })).pid).not.toBe(pid);
  expect((await did()).pid).toBe(pid);
});

it('one that ended while it waited costs the next task nothing', async () => {
  const { pid } = await did({ stay: true });
  process.kill(pid, 'SIGKILL');
  const next = await did({ code: 4 });
  expect(next.code).toBe(4);
  expect(next.pid).not.toBe(pid);
});

it('those that nobody will take are ended, and no other', async () => {
  const [wasm, cpu] = [await did({ stay: true }), await did({ backend: 'cpu', stay: true })];
  endKept(['cpu']);
  await expect.poll(() => isAlive(wasm.pid)).toBe(false);
  expect(isAlive(cpu.pid)).toBe(true);
});

it('where lanes last, each waits for the next, but one of a third party', async () => {
  keepLanes();
  onTestFinished(endLasting);
  const { pid } = await did();
  endKept();
  expect((await did()).pid).toBe(pid);
  const mirror = await did({ backend: 'mirror' });
  expect((await did({ backend: 'mirror' })).pid).not.toBe(mirror.pid);
});

it('eight processes wait at most, those of the latest tasks', async () => {
  keepLanes();
  onTestFinished(endLasting);
  const pids: number[] = [];
  for (let one = 0; one < 9; one++) pids.push((await did({ environment: { ONE: `${one}` } })).pid);
  await expect.poll(() => isAlive(pids[0]!)).toBe(false);
  expect(pids.slice(1).every(isAlive)).toBe(true);
});

it('a process that stopped when it was asked to is not killed in its next task', async () => {
  keepLanes();
  onTestFinished(endLasting);
  const { pid } = await did();
  const stop = new AbortController();
  const ended = await runChild<object>({
    ...{ run: 'probe', task: { listens: true }, environment: {}, backend: 'wasm', silenceSeconds: 20 },
    ...{ module: pathToFileURL(file), signal: stop.signal, graceSeconds: 0.2 },
    onStarted: () => void setTimeout(() => stop.abort(), 50),
    onMessage: () => {},
  });
  expect(ended).toMatchObject({ code: 0, signal: null });
  expect(await did({ takes: 600 })).toEqual({ pid, code: 0 });
});

it('messages for a process that died while it waited reach the one that takes its place', async () => {
  const { pid } = await did({ stay: true });
  process.kill(pid, 'SIGKILL');
  let tell: (message: object) => void = () => {};
  const ended = runChild<object>({
    ...{ run: 'probe', task: { listens: true }, environment: {}, backend: 'wasm', silenceSeconds: 5 },
    module: pathToFileURL(file),
    onStarted: (given) => {
      tell = given;
    },
    onMessage: () => {},
  });
  tell({ kind: 'case' });
  expect(await ended).toMatchObject({ code: 0, silent: false });
});

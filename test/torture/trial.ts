/**
 * One trial: an evaluation on two lanes, killed with SIGKILL at a moment that a seed decides, its folder read as it is,
 * and the run resumed. Throws at the first thing that is not as it must be.
 */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '@nanscope/errors';
import { compareRuns, readRecord } from '@nanscope/harness';
import { bundleOf, mainOf } from '../../apps/cli/scripts/bundle.mjs';

const main = mainOf(await bundleOf());

export interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** The real command line, as a checkout runs it. */
function start(args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stderr }));
  });
  return { child, ended };
}

/** A tiny model on wasm, held against plain JavaScript, under a policy that makes NaN; a batch a row. */
export const evaluation = (data: string, out: string): string[] => [
  ...['eval', '--model', 'tiny', '--data', data, '--batch-size', '2', '--device', 'wasm'],
  ...['--reference', 'javascript', '--attn', 'sdpa', '--policy', 'torch-mps-2.8', '--out', out],
];

const roles = ['target', 'reference'] as const;

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Everything of a run but its command, its place, what time it was, how long it took and how much memory. */
export function resultOf(folder: string): unknown {
  const { command: _, folder: __, ...result } = json(join(folder, 'run.json'));
  const lane = (role: (typeof roles)[number]) => {
    const { startedAt: _, finishedAt: __, memory: ___, config, ...record } = result[role];
    const { seconds: ____, tokensPerSecond: _____, ...metrics } = record.metrics;
    const { out: ______, ...settings } = config;
    return { ...record, config: settings, metrics };
  };
  const files = roles.map((role) => ({
    samples: textOf(join(folder, role, 'samples.jsonl')),
    health: textOf(join(folder, role, 'health.jsonl')),
    batches: textOf(join(folder, role, 'metrics.jsonl')).replace(/,"seconds":[^}]*/g, ''),
  }));
  const { target: ___, reference: ____, comparison, ...rest } = result;
  // Speed is measured, and told beside the other metrics.
  comparison.metrics = comparison.metrics.filter(({ name }: { name: string }) => !/second/i.test(name));
  return JSON.parse(
    JSON.stringify({ ...rest, comparison, lanes: roles.map(lane), files }).replaceAll(folder, 'RUN'),
  );
}

/** The first lane has begun, or the run has ended. */
async function lanesBegin(folder: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && !existsSync(join(folder, 'target', 'lane.lock'))) await sleep(10);
}

/** Runs it without a disturbance. @returns milliseconds before its lanes, and from there to the end */
export async function uninterrupted(
  data: string,
  out: string,
): Promise<{ readonly before: number; readonly lanes: number }> {
  const started = performance.now();
  const { child, ended } = start(evaluation(data, out));
  await lanesBegin(out, child);
  const before = performance.now() - started;
  const { code, stderr } = await ended;
  ok(existsSync(join(out, 'run.json')), `the run left ${code}: ${stderr}`);
  return { before, lanes: performance.now() - started - before };
}

/** Batches that the record of a lane counts; 0 where it has none yet. A record that is cut off throws. */
function completed(folder: string, role: string): number {
  const path = join(folder, role, 'run.json');
  return existsSync(path) ? (json(path).metrics?.batches ?? 0) : 0;
}

/** The process of the lane that runs now. */
function laneProcess(folder: string): number | undefined {
  const role = roles.findLast((name) => existsSync(join(folder, name, 'lane.lock')));
  const pid = role && Number(readFileSync(join(folder, role, 'lane.lock'), 'utf8').split(' ')[1]);
  return pid || undefined;
}

/** What `report` and `compare` do with the folder: they read it, or say in one line why not. */
async function readable(folder: string): Promise<void> {
  const oneLine = (error: unknown) => {
    ok(error instanceof UserError, String(error));
    ok(/expected .*, found /.test(error.message) && !error.message.includes('\n'), error.message);
  };
  try {
    readRecord(folder);
  } catch (error) {
    oneLine(error);
  }
  await compareRuns(folder, folder, { rtol: 0, atol: 0 }, 'compare').catch(oneLine);
}

export interface Moment {
  readonly victim: 'lane' | 'parent';
  /** Milliseconds after the start, or after the first lane began. */
  readonly after: number;
  readonly from: 'start' | 'lanes';
}

export interface TrialEnd {
  /** Batches that were complete when it was killed, over both lanes. */
  readonly kept: number;
  /** How far it was: before its folder, with lanes, or done already. */
  readonly state: 'not begun' | 'begun' | 'complete';
}

/**
 * @param expected `resultOf` a run without a disturbance
 * @throws the first thing that is not as it must be
 */
export async function trial(
  data: string,
  folder: string,
  { victim, after, from }: Moment,
  expected: unknown,
): Promise<TrialEnd> {
  const { child, ended } = start(evaluation(data, folder));
  if (from === 'lanes') await lanesBegin(folder, child);
  await Promise.race([sleep(after), ended]);
  const done = child.exitCode !== null;
  const told = roles.map((role) => completed(folder, role));
  const lane = victim === 'lane' ? laneProcess(folder) : undefined;
  try {
    if (!done) process.kill(lane ?? child.pid!, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
  await ended;
  const kept = roles.map((role) => completed(folder, role));
  roles.forEach((role, i) => {
    ok(kept[i]! >= told[i]!, `${role} had completed ${told[i]} batches, and ${kept[i]} are left`);
    const rows = textOf(join(folder, role, 'samples.jsonl')).split('\n').length - 1;
    ok(rows >= kept[i]!, `${role} counts ${kept[i]} batches, and has ${rows} rows`);
  });
  await readable(folder);
  const resumed = await start(['eval', '--resume', folder]).ended;
  if (!existsSync(join(folder, 'config.json'))) {
    ok(resumed.code === 2 && /with config\.json in it, found none/.test(resumed.stderr), resumed.stderr);
    return { kept: 0, state: 'not begun' };
  }
  ok(existsSync(join(folder, 'run.json')), `--resume left ${resumed.code}: ${resumed.stderr}`);
  deepStrictEqual(resultOf(folder), expected);
  const all = kept.reduce((sum, batches) => sum + batches, 0);
  return { kept: all, state: done ? 'complete' : 'begun' };
}

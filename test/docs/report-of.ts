/**
 * What a command prints, computed without its devices: both lanes run in this process, the target on wasm, the reference
 * in plain JavaScript. All built-in backends run the same ops, so that everything but the devices, the speeds and the
 * last digits is the same as on a GPU.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PresetName, policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import { resolve } from '@nanscope/device';
import type { LaneTask } from '@nanscope/lane';
import { runLane } from '@nanscope/lane';
import type { LaneRecord } from '@nanscope/record';
import { makeRunFolder, readLane } from '@nanscope/record';
import { renderTerminal, terminalStyle } from '@nanscope/report';
import { type EvalConfig, policyOf } from '@nanscope/settings';
import { compareLaneFolders } from '../../packages/harness/src/compare/compare-folders.ts';
import { judge } from '../../packages/harness/src/compare/verdict.ts';
import { at } from './pages.ts';

/** The folder of a run that a page shows, which the verdict names. */
export const SHOWN_FOLDER = 'runs/mine';

/** Width of the reports in the pages. */
const COLUMNS = 100;

const taskFor = async (
  config: EvalConfig,
  role: LaneTask['role'],
  device: 'wasm' | 'javascript',
  folder: string,
): Promise<LaneTask> => {
  const wanted = config.attn === 'auto' ? policies[config.policy as PresetName].implementation : config.attn;
  const probe = await builtinBackend(device === 'wasm' ? 'wasm' : 'cpu').probe();
  const decision = resolve({ device, attention: wanted ?? 'auto', mpsRule: 'off' }, [probe]);
  const data = config.data === undefined ? {} : { data: at(config.data) };
  const told = { ...config, ...data };
  return { kind: 'lane', role, folder, config: told, policy: policyOf(told), decision, batches: 1 };
};

async function laneOf(task: LaneTask): Promise<LaneRecord> {
  makeRunFolder(task.folder, 'eval');
  await runLane(task, () => {});
  const lane = readLane(task.folder);
  if (!lane) throw new Error(`no record in ${task.folder}`);
  return lane;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-docs-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The record of one lane on wasm. */
export const laneRecordOf = (config: EvalConfig): Promise<LaneRecord> =>
  inFolder(async (folder) => laneOf(await taskFor(config, 'target', 'wasm', join(folder, 'target'))));

/** The whole report of two lanes. */
export const reportOf = (config: EvalConfig, command: string): Promise<string> =>
  inFolder(async (folder) => {
    const [targetFolder, referenceFolder] = [join(folder, 'target'), join(folder, 'reference')];
    const target = await laneOf(await taskFor(config, 'target', 'wasm', targetFolder));
    const reference = await laneOf(await taskFor(config, 'reference', 'javascript', referenceFolder));
    const comparison = await compareLaneFolders(targetFolder, referenceFolder, config);
    const complete = { status: 'complete' } as const;
    const evidence = { target, reference, ...(comparison ? { comparison } : {}) };
    const outcomes = { target: complete, reference: complete };
    const verdict = judge({ ...evidence, outcomes, referenceWanted: true, command, reducible: SHOWN_FOLDER });
    const style = terminalStyle({ NO_COLOR: '1', LANG: 'C.UTF-8' }, false, COLUMNS);
    return renderTerminal({ schemaVersion: 1, kind: 'eval', command, ...evidence, verdict }, style);
  });

/** Sections of a report by heading; the verdict's box is `verdict`, what stands above the first heading is `head`. */
export function sectionsOf(report: string): ReadonlyMap<string, string> {
  const parts = report.trimEnd().split('\n\n');
  const nameOf = (part: string, index: number) =>
    part.startsWith('╭') ? 'verdict' : index === 0 ? 'head' : part.split(/ ─|\n/)[0]!;
  return new Map(parts.map((part, index) => [nameOf(part, index), part]));
}

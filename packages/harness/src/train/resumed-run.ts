/**
 * Where a training run goes on from: the run that `--resume` names, by its folder or by that of one of its checkpoints, and
 * of each lane the checkpoint. Everything is read and held against the run before a byte is written.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '@nanscope/errors';
import { checkpointRoot, identity, type RunIdentity } from '@nanscope/lane';
import { readTrainLane } from '@nanscope/record';
import type { TrainConfig } from '@nanscope/settings';
import { trainFlags } from '@nanscope/settings';
import { checkCheckpoint, checkpointFolders, checkpointNames } from '@nanscope/trainer';
import { type Role, roles } from '../lanes/run-lanes.ts';
import { resumedSettings } from '../run-folder/resumed-settings.ts';

export interface ResumedRun {
  readonly run: string;
  /** Name of the checkpoint's folder, where one was named. */
  readonly checkpoint?: string;
}

/** The run behind what `--resume` names; whether it is one, `resumedValues` finds out. */
export function resumedRun(path: string): ResumedRun {
  if (!existsSync(join(path, 'trainer.json'))) return { run: path };
  const place = realpathSync(path);
  const lane = dirname(dirname(place));
  const ofRun =
    checkpointFolders([basename(place)]).length === 1 &&
    resolve(checkpointRoot(lane)) === dirname(place) &&
    (roles as readonly string[]).includes(basename(lane));
  return ofRun ? { run: dirname(lane), checkpoint: basename(place) } : { run: path };
}

/**
 * The configuration of the run that is to be continued, by flag names. Where it goes on is said anew.
 *
 * @throws {UserError} `resume/no-run`, `resume/broken`, `resume/other-run`
 */
export function resumedValues(folder: string): Record<string, unknown> {
  const help = ' The weights of a model or of a checkpoint alone are trained on with --model.';
  const {
    out: _,
    checkpoint: __,
    overwrite: ___,
    ...values
  } = resumedSettings(folder, 'train', trainFlags, help);
  return values;
}

/** A checkpoint by what was said of it. */
async function chosen(laneFolder: string, wanted: string | undefined, best: string | undefined) {
  const root = checkpointRoot(laneFolder);
  const { all, latest } = await checkpointNames(root);
  if (wanted === undefined) return { name: latest, isLatest: true };
  const step = /^(?:step-)?0*(\d+)$/.exec(wanted)?.[1];
  const name =
    wanted === 'last'
      ? latest
      : wanted === 'best'
        ? best
        : step === undefined
          ? all.find((one) => one === wanted)
          : all.findLast((one) => Number(/\d+/.exec(one)![0]) === Number(step));
  if (name !== undefined && all.includes(name)) return { name, isLatest: name === latest };
  const steps = all.map((one) => one.replace(/^step-0*(?=\d)/, 'step-'));
  throw new UserError(
    'resume/checkpoint',
    `--checkpoint ${wanted}: expected ${steps.length === 0 ? 'a checkpoint' : `last, best or one of ${steps.join(', ')}`} in ${root}, found none of that name.${steps.length === 0 ? ' Leave it out to start over.' : ''}`,
  );
}

/** Every line but a last one that was cut off has to be one: they are written anew without what follows the checkpoint. */
function checkLines(folder: string, name: string): void {
  const path = join(folder, name);
  if (!existsSync(path)) return;
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  for (const [at, line] of lines.entries()) {
    let step: unknown;
    try {
      ({ step } = { ...(JSON.parse(line) as { readonly step?: unknown } | null) });
    } catch {
      // Told below.
    }
    if (typeof step === 'number') continue;
    throw new UserError(
      'resume/broken',
      `${path}, line ${at + 1}: expected the figures of a step, found "${line.slice(0, 40)}". Remove that line to continue without it.`,
    );
  }
}

/** The folder and the checkpoint of each lane that goes on; no checkpoint where it ended before its first one. */
export type ResumedLanes = Partial<Record<Role, { readonly folder: string; readonly checkpoint?: string }>>;

export interface Resumed {
  readonly lanes: ResumedLanes;
  /** Whether all lanes go on from their last checkpoint, so that nothing that follows it would be lost. */
  readonly fromLast: boolean;
}

/**
 * @param run as it is to go on
 * @throws {UserError} `resume/checkpoint`, `resume/broken`, `checkpoint/*`, those of `readRun`: for the first thing that does not fit
 */
export async function checkResumed(config: TrainConfig, run: RunIdentity): Promise<Resumed> {
  const { resume, checkpoint, reference } = config;
  const lanes: ResumedLanes = {};
  let fromLast = true;
  if (resume === undefined) return { lanes, fromLast };
  const { best } = await checkpointNames(checkpointRoot(join(resume, 'target')));
  for (const role of roles) {
    const folder = join(resume, role);
    if (!existsSync(folder) || (role === 'reference' && reference === 'none')) continue;
    readTrainLane(folder);
    const { name, isLatest } = await chosen(folder, checkpoint, best);
    if (name !== undefined) await checkCheckpoint(join(checkpointRoot(folder), name), identity(run));
    for (const file of ['metrics.jsonl', 'validation.jsonl']) checkLines(folder, file);
    lanes[role] = { folder, ...(name !== undefined && { checkpoint: name }) };
    fromLast &&= isLatest;
  }
  return { lanes, fromLast };
}

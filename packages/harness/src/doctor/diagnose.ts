/**
 * `nanscope doctor`: what this machine offers, and whether it can be trusted. Each backend is examined in a process of
 * its own, two at a time, so that a driver that crashes costs its own row only.
 */

import os from 'node:os';
import { laneEnvironment, type Probe } from '@nanscope/backend';
import { deviceRow } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import {
  asked,
  type ExamineMessage,
  type ExamineTask,
  type LaneOutcome,
  type Measured,
  questions,
  selfCheckNames,
  thirdPartyBackend,
  watchLane,
} from '@nanscope/lane';
import {
  backendName,
  DOCTOR_SCHEMA,
  type DoctorBackend,
  type DoctorRecord,
  type DoctorVerdict,
  type SelfCheck,
} from '@nanscope/record';
import { wordDoctor, wordTorch } from '@nanscope/words';
import { decideTorch, examineTorch, machine, macosVersion, mathModeOf } from './machine.ts';

// From what a backend's process said to its record, and from the backends to what is the case. Pure.

/** What was heard of a backend until its process ended. */
export interface Heard {
  readonly probe?: Probe;
  readonly measured: Measured;
  readonly checks: readonly SelfCheck[];
}

export function backendRecord(
  id: string,
  { probe, measured, checks }: Heard,
  outcome: LaneOutcome,
  seconds: number,
  macos: string | undefined,
): DoctorBackend {
  const nothing = { limits: {}, kernels: {}, selfTest: [] };
  if (!probe)
    return {
      ...{ id, status: 'absent', ...nothing, seconds },
      reason: `looking at it ended its process: ${outcome.failure ?? outcome.status}`,
      remedy: 'update the driver, or choose another device',
    };
  if (!probe.available)
    return { ...{ id, status: 'absent', ...nothing, seconds }, reason: probe.reason, remedy: probe.remedy };
  const { version, adapter } = probe.facts;
  const mathMode = adapter && mathModeOf(adapter, macos);
  return {
    id,
    status: outcome.status === 'complete' ? 'opens' : 'ended',
    ...(outcome.failure !== undefined && { reason: outcome.failure }),
    version,
    ...(adapter && { adapter: { ...adapter, features: [...adapter.features] } }),
    ...(mathMode && { mathMode }),
    ...nothing,
    ...measured,
    selfTest: [...checks],
    seconds,
  };
}

/** Every check was made, and passed. */
export const passes = ({ status, selfTest }: DoctorBackend): boolean =>
  status === 'opens' &&
  selfCheckNames.every((name) => selfTest.some((check) => check.name === name && check.passed));

const failingOf = (backends: readonly DoctorBackend[]): DoctorBackend[] =>
  backends.filter((backend) => backend.status !== 'absent' && !passes(backend));

/** What is the case, without a word. */
export function decideDoctor(
  backends: readonly DoctorBackend[],
  interrupted = false,
): Pick<DoctorVerdict, 'code' | 'exitCode'> {
  if (interrupted) return { code: 'interrupted', exitCode: 130 };
  const none = backends.every(({ status }) => status === 'absent');
  return none || failingOf(backends).length > 0
    ? { code: 'self-test-failed', exitCode: 1 }
    : { code: 'healthy', exitCode: 0 };
}

// A record as it may be pasted in public: no folder of the user's, and so no name of theirs, in any of its strings.

export interface Places {
  readonly home: string;
  readonly folder: string;
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A folder as a whole: what follows ends its last name. Empty and root folders are no place of anybody's. */
const place = (folder: string): RegExp | undefined =>
  folder.length > 1 ? new RegExp(`${literally(folder)}(?![\\w.-])`, 'g') : undefined;

/** Homes of others, in messages of programs that were built elsewhere. */
const homes = /(\/home|\/Users|[A-Za-z]:\\Users)([/\\])[^/\\\s:"']+/g;

function withoutPlacesIn(text: string, { home, folder }: Places): string {
  const [ofFolder, ofHome] = [place(folder), place(home)];
  let shown = text;
  if (ofFolder) shown = shown.replace(ofFolder, '.');
  if (ofHome) shown = shown.replace(ofHome, '~');
  return shown.replace(homes, '~');
}

/** The same of every string in a record. */
export function withoutPlaces<T>(value: T, places: Places): T {
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') return withoutPlacesIn(item, places);
    if (Array.isArray(item)) return item.map(walk);
    if (item !== null && typeof item === 'object')
      return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, walk(inner)]));
    return item;
  };
  return walk(value) as T;
}

const SILENCE_SECONDS = 60;

/** Examined at once: half of their time goes into starting. */
const AT_ONCE = 2;

export interface DoctorConfig {
  /** A third-party backend's module. */
  readonly backend?: string;
  /** To be examined alone. */
  readonly device?: string;
  readonly python?: string;
  readonly conform: boolean;
}

export interface DoctorHooks {
  readonly onStage: (what: string) => void;
  readonly signal?: AbortSignal;
}

async function examineBackend(
  task: ExamineTask,
  environment: Readonly<Record<string, string>>,
  { onStage, signal }: DoctorHooks,
): Promise<DoctorBackend> {
  const started = performance.now();
  const heard: { -readonly [Key in keyof Heard]: Heard[Key] } = { measured: {}, checks: [] };
  onStage(`examining ${backendName(task.id)}`);
  const outcome = await watchLane<ExamineMessage>({
    run: 'examine',
    task,
    environment,
    silenceSeconds: SILENCE_SECONDS,
    ...(signal ? { signal } : {}),
    onMessage(message) {
      if (message.kind === 'probe') heard.probe = message.probe;
      else if (message.kind === 'check') heard.checks = [...heard.checks, message.check];
      else if (message.kind === 'measured') {
        const { kind: _, ...measured } = message;
        heard.measured = { ...heard.measured, ...measured };
      }
    },
  });
  return backendRecord(task.id, heard, outcome, (performance.now() - started) / 1000, macosVersion());
}

/**
 * @param command the command line as typed, for the result
 * @throws {UserError} for a module that is no backend
 */
export async function diagnose(
  { backend: backendFile, device, python, conform }: DoctorConfig,
  command: string,
  hooks: DoctorHooks,
): Promise<DoctorRecord> {
  const environment = await laneEnvironment();
  const row = device === undefined ? undefined : deviceRow(device);
  const isTorch = row?.engine === 'torch';
  if (conform && !isTorch)
    throw new UserError(
      'usage/torch',
      `--conform: expected a torch device to go with it, such as --device torch:mps, found ${device ?? 'none'}. For any other device use nanscope conform.`,
    );
  const ids = isTorch ? [] : (row?.backends ?? ['webgpu', 'tensorflow', 'wasm', 'cpu']);
  const tasks: ExamineTask[] = ids.map((id) => ({ id }));
  if (backendFile) tasks.push({ id: (await thirdPartyBackend(backendFile)).id, backendFile });
  const backends: DoctorBackend[] = [];
  const waiting = tasks.entries();
  const work = async () => {
    for (const [index, task] of waiting) {
      if (hooks.signal?.aborted) return;
      backends[index] = await examineBackend(task, environment, hooks);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const examined = backends.filter(Boolean);
  const question = {
    conform,
    ...(isTorch && device !== undefined && { device }),
    ...(python !== undefined && { python }),
  };
  const torch = row === undefined || isTorch ? await examineTorch(question, hooks) : undefined;
  const aborted = hooks.signal?.aborted ?? false;
  const record: DoctorRecord = {
    schema: DOCTOR_SCHEMA,
    kind: 'doctor',
    command,
    machine: machine(),
    environment: { ...environment },
    questions: questions.map(asked),
    backends: examined,
    ...(torch && { torch }),
    verdict:
      torch && isTorch && !aborted
        ? wordTorch(decideTorch(torch), torch)
        : wordDoctor(decideDoctor(examined, aborted), examined, failingOf(examined)),
  };
  return withoutPlaces(record, { home: os.homedir(), folder: process.cwd() });
}

/**
 * `nanscope doctor`: what this machine offers, and whether it can be trusted. Each backend is examined in a process of
 * its own, two at a time, so that a driver that crashes costs its own row only.
 */
import os from 'node:os';
import { laneEnvironment } from '@nanscope/backend';
import { deviceRow } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import {
  asked,
  type ExamineMessage,
  type ExamineTask,
  questions,
  thirdPartyBackend,
  watchLane,
} from '@nanscope/lane';
import { backendName, DOCTOR_SCHEMA, type DoctorBackend, type DoctorRecord } from '@nanscope/record';
import { examineTorch, machine, macosVersion, torchVerdict } from './machine.ts';
import { backendRecord, doctorVerdict, type Heard } from './verdict.ts';
import { withoutPlaces } from './without-places.ts';

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
      `--conform: expected a torch device to go with it, such as --device torch:mps, found ${device ?? 'none'}. For any other take nanscope conform.`,
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
    verdict: torch && isTorch && !aborted ? torchVerdict(torch) : doctorVerdict(examined, aborted),
  };
  return withoutPlaces(record, { home: os.homedir(), folder: process.cwd() });
}

/** Asks a Python what it has: versions and devices. In a process of its own, as every look at a device. */

import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { FoundTorch } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import { type LaneMessage, type LaneTaskBase, runTorch } from '@nanscope/lane';
import { torchProbeSchema } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import { torchChecks, torchQuestions } from './torch-questions.ts';

// Which Python runs a lane of PyTorch: the one that is named, else that of the environment one works in. Pure, given what exists.

export interface Python {
  readonly path: string;
  /** Why it is this one. */
  readonly reason: string;
}

interface Machine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly exists: (path: string) => boolean;
}

/** Where the interpreter lies in the folder of an environment. */
const inside = (folder: string, platform: string, conda: boolean): string =>
  platform === 'win32'
    ? join(folder, ...(conda ? [] : ['Scripts']), 'python.exe')
    : join(folder, 'bin', 'python');

function onPath({ environment, platform, exists }: Machine): Python | undefined {
  const names = platform === 'win32' ? ['python.exe'] : ['python3', 'python'];
  const folders = (environment.PATH ?? environment.Path ?? '').split(delimiter).filter(Boolean);
  for (const name of names)
    for (const folder of folders) {
      const path = join(folder, name);
      if (exists(path)) return { path, reason: `the first ${name} on the PATH` };
    }
  return undefined;
}

/** A name without a folder is looked for on the PATH, as a shell does. */
function named(given: string, machine: Machine): string | undefined {
  if (/[\\/]/.test(given)) return machine.exists(given) ? resolve(given) : undefined;
  const folders = (machine.environment.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, given)).find(machine.exists);
}

/**
 * @param given the flags that may name it, the first that does wins
 * @throws {UserError} `torch/no-python` (exit 3)
 */
export function findPython(
  asked: string,
  given: readonly { readonly flag: string; readonly path: string | undefined }[],
  machine: Machine,
): Python {
  const { environment, platform, exists } = machine;
  const flags = [...given, { flag: 'NANSCOPE_PYTHON', path: environment.NANSCOPE_PYTHON }];
  for (const { flag, path } of flags) {
    if (path === undefined || path === '') continue;
    const found = named(path, machine);
    if (found) return { path: found, reason: `${flag} names it` };
    throw new UserError(
      'torch/no-python',
      `${asked} looks for a Python at ${path} (${flag}), and there is none. Name one with --python.`,
    );
  }
  for (const name of ['VIRTUAL_ENV', 'CONDA_PREFIX'] as const) {
    const folder = environment[name];
    const path = folder && inside(folder, platform, name === 'CONDA_PREFIX');
    if (path && exists(path)) return { path, reason: `${name} is set` };
  }
  const found = onPath(machine);
  if (found) return found;
  throw new UserError(
    'torch/no-python',
    `${asked} looks for a Python with PyTorch: NANSCOPE_PYTHON, VIRTUAL_ENV and CONDA_PREFIX name none, and the PATH has no python3. Install one, or name it with --python.`,
  );
}

/** Importing PyTorch and transformers for the first time takes a while on a slow disk. */
const SILENCE_SECONDS = 180;

/** What is there, checked as a part of the record, and what each device said to the questions. */
type ProbeAnswer = object & {
  readonly devices?: readonly { readonly name: string; readonly available: boolean }[];
  readonly answers?: Parameters<typeof torchChecks>[1];
};

export type PythonConfig = Pick<EvalConfig, 'python' | 'referencePython'>;

/** The Python of a lane. @throws {UserError} `torch/no-python` */
export function pythonOf(
  role: LaneTaskBase['role'],
  asked: string,
  { python, referencePython }: PythonConfig,
): Python {
  const given = [
    ...(role === 'reference' ? [{ flag: '--reference-python', path: referencePython }] : []),
    { flag: '--python', path: python },
  ];
  return findPython(asked, given, {
    environment: process.env,
    platform: process.platform,
    exists: existsSync,
  });
}

type Environment = Readonly<Record<string, string>>;

/**
 * @param asked as typed: `--device torch:cpu`
 * @param more full: with the checks that take longer than a second; environment: that of the lane which the Python waits to be
 * @throws {UserError} `torch/no-python`, `torch/protocol` where it gives no answer (exit 3)
 */
export async function probeTorch(
  asked: string,
  { path, reason }: Python,
  { full = false, environment }: { readonly full?: boolean; readonly environment?: Environment } = {},
): Promise<FoundTorch> {
  let answer: unknown;
  let refused: Extract<LaneMessage, { kind: 'user-error' }> | undefined;
  const end = await runTorch<LaneMessage | { readonly kind: 'probe'; readonly probe: ProbeAnswer }>(
    path,
    { device: 'best', task: full ? { calls: torchQuestions } : {} },
    {
      ...{ run: 'probe', environment: environment ?? {}, stay: environment !== undefined },
      silenceSeconds: SILENCE_SECONDS,
      onMessage(message) {
        if (message.kind === 'probe') {
          const { answers = [], ...found } = message.probe;
          const there = (found.devices ?? []).flatMap(({ name, available }) => (available ? [name] : []));
          answer = { ...found, probes: full ? torchChecks(there, answers) : [] };
        }
        if (message.kind === 'user-error') refused = message;
      },
    },
  );
  if (refused) throw new UserError(refused.code, refused.message);
  const read = torchProbeSchema.safeParse(answer);
  if (read.success) return { python: path, reason, probe: read.data };
  const how = end.silent
    ? `it did not answer within ${SILENCE_SECONDS} s`
    : `it ended (${end.signal ?? `exit code ${end.code}`})${end.lastWords ? `: ${end.lastWords}` : ''}`;
  throw new UserError(
    'torch/no-python',
    `${asked} looks for a Python that runs nanscope_torch at ${path} (${reason}), and ${how}. Name another with --python.`,
  );
}

/** Asks a Python what it has: versions and devices. In a process of its own, as every look at a device. */
import { existsSync } from 'node:fs';
import type { FoundTorch } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import { type LaneMessage, type LaneTaskBase, runTorch } from '@nanscope/lane';
import { torchProbeSchema } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import { findPython, type Python } from './find-python.ts';

/** Importing PyTorch and transformers for the first time takes a while on a slow disk. */
const SILENCE_SECONDS = 180;

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

/**
 * @param asked as typed: `--device torch:cpu`
 * @param full with the checks that take longer than a second
 * @throws {UserError} `torch/no-python`, `torch/protocol` where it gives no answer (exit 3)
 */
export async function probeTorch(asked: string, { path, reason }: Python, full = false): Promise<FoundTorch> {
  let answer: unknown;
  let refused: Extract<LaneMessage, { kind: 'user-error' }> | undefined;
  const end = await runTorch<LaneMessage | { readonly kind: 'probe'; readonly probe: unknown }>(
    path,
    { device: 'best', task: { benchmarks: full } },
    {
      run: 'probe',
      environment: {},
      silenceSeconds: SILENCE_SECONDS,
      onMessage(message) {
        if (message.kind === 'probe') answer = message.probe;
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

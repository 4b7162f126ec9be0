/** The machine below the backends; on macOS the version of the system, which decides how Metal compiles. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { AdapterFacts } from '@nanscope/backend';
import { resolveTorch } from '@nanscope/device';
import { installation, UserError } from '@nanscope/errors';
import { nanscopeVersion } from '@nanscope/lane';
import type { DoctorBackend, DoctorRecord, DoctorTorch, DoctorVerdict } from '@nanscope/record';
import { wordConform } from '@nanscope/words';
import { runTorchCases } from '../conform/torch-cases.ts';
import { countsOf, decideConform } from '../conform/verdict.ts';
import { probeTorch, pythonOf } from '../devices/probe-torch.ts';
import type { RunHooks } from '../lanes/run-lanes.ts';

/** `15.1` out of a SystemVersion.plist; undefined for any other text. */
export const productVersion = (plist: string): string | undefined =>
  /<key>ProductVersion<\/key>\s*<string>([\d.]+)<\/string>/.exec(plist)?.[1];

/** Undefined anywhere but on macOS. */
export function macosVersion(platform: string = process.platform): string | undefined {
  if (platform !== 'darwin') return undefined;
  try {
    return productVersion(readFileSync('/System/Library/CoreServices/SystemVersion.plist', 'utf8'));
  } catch {
    return undefined;
  }
}

/** The first macOS on which Dawn compiles with relaxed instead of fast math. */
const RELAXED_SINCE = 15;

/** @param macos version of the system, where it is macOS and known */
export function mathModeOf(
  { api }: Pick<AdapterFacts, 'api'>,
  macos: string | undefined,
): DoctorBackend['mathMode'] {
  if (api !== 'metal')
    return { mode: 'unknown', why: `a ${api} driver does not say; see the shader's answers` };
  if (macos === undefined) return { mode: 'unknown', why: 'the version of macOS is not known' };
  return Number.parseInt(macos, 10) >= RELAXED_SINCE
    ? { mode: 'relaxed', why: `Dawn's default on macOS ${macos}; NaN and infinities are honoured` }
    : { mode: 'fast', why: `Dawn's default on macOS ${macos}; NaN and infinities are assumed away` };
}

export function machine(): DoctorRecord['machine'] {
  const cpus = os.cpus();
  const macos = macosVersion();
  return {
    nanscope: nanscopeVersion,
    installation,
    node: process.versions.node,
    os: `${macos === undefined ? '' : `macOS ${macos}, `}${process.platform} ${os.release()}`,
    arch: process.arch,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism?.() ?? cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  };
}

// The doctor's look at PyTorch: which Python runs it, what that has, how its devices treat NaN, and with --conform its attention.

/** Seconds of silence after which the cases count as hung. */
const SILENCE_SECONDS = 600;

interface TorchQuestion {
  /** A device of PyTorch that was asked for; absent: whatever there is. */
  readonly device?: string;
  readonly python?: string;
  readonly conform: boolean;
}

/** @throws {UserError} `torch/*` (exit 3) where a device was asked for, and is not there */
export async function examineTorch(
  { device, python, conform }: TorchQuestion,
  { onStage, signal }: Pick<RunHooks, 'onStage' | 'signal'>,
): Promise<DoctorTorch> {
  const asked = device === undefined ? 'doctor' : `--device ${device}`;
  onStage('asking for PyTorch');
  try {
    const found = await probeTorch(asked, pythonOf('target', asked, python === undefined ? {} : { python }), {
      full: device !== undefined,
    });
    if (device === undefined) {
      const { probe } = found;
      if (probe.torch !== null) return { status: 'found', python: found.python, reason: found.reason, probe };
      return { status: 'absent', reason: `${found.python} (${found.reason}) has no torch` };
    }
    const decision = resolveTorch({ device, attention: 'sdpa' }, '--device', found);
    const { probe, reason } = found;
    const record = { status: 'found' as const, python: found.python, reason, device: decision.label, probe };
    if (!conform) return record;
    onStage(`the attention of ${decision.label} under the cases of known reports`);
    const { results, outcome, cases } = await runTorchCases(
      decision,
      { laneTimeout: SILENCE_SECONDS },
      { onLane: () => {}, ...(signal && { signal }) },
    );
    const counts = countsOf(results, cases.length);
    const failed = results.filter(({ status }) => status === 'fail');
    const decided = decideConform(counts, 0, outcome);
    const { sentence, exitCode } = wordConform(decided, asked);
    const told = failed.map(({ id, reason: why }) => `${id}${why === undefined ? '' : `: ${why}`}`);
    return { ...record, conform: { ...counts, passed: exitCode === 0, sentence, failed: told } };
  } catch (error) {
    if (device !== undefined || !(error instanceof UserError)) throw error;
    return { status: 'absent', reason: error.message };
  }
}

/** What is the case with a device of PyTorch that was asked for alone, without a word. */
export function decideTorch({ probe, conform }: DoctorTorch): Pick<DoctorVerdict, 'code' | 'exitCode'> {
  const wrong = probe?.probes.some(({ passed }) => !passed) ?? false;
  return wrong || conform?.passed === false
    ? { code: 'self-test-failed', exitCode: 1 }
    : { code: 'healthy', exitCode: 0 };
}

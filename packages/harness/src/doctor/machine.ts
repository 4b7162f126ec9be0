/** The machine below the backends; on macOS the version of the system, which decides how Metal compiles. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { AdapterFacts } from '@nanscope/backend';
import { nanscopeVersion } from '@nanscope/lane';
import type { DoctorBackend, DoctorRecord } from '@nanscope/record';

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
    return { mode: 'unknown', why: `a ${api} driver does not tell; see the shader's answers` };
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
    node: process.versions.node,
    os: `${macos === undefined ? '' : `macOS ${macos}, `}${process.platform} ${os.release()}`,
    arch: process.arch,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism?.() ?? cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  };
}

/** Where a run goes when --out does not say. */
import { join } from 'node:path';

/** `runs/2026-01-31T12-00-00-123`: sorts by time, legal on every file system. */
export function defaultRunFolder(now: Date): string {
  return join('runs', now.toISOString().replace(/[:.]/g, '-').replace(/Z$/, ''));
}

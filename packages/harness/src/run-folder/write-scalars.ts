/** The figures of a result into event files that TensorBoard reads: a folder a lane below the one that is named. */
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ScalarRun } from '@nanscope/report';
import { openEventWriter } from '@nanscope/trainer';

/** A link in a folder that may come from anywhere is replaced, not followed. */
export function removeLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(path);
}

const isEventFile = (name: string): boolean => name.startsWith('events.out.tfevents.');

/**
 * The event files of an earlier report are replaced, since TensorBoard would show both as one run; those of a lane that
 * trained, which lie among its other files, stay.
 *
 * @throws {UserError} `tensorboard/unwritable`
 */
export function writeScalars(folder: string, runs: readonly ScalarRun[]): void {
  for (const { name, steps } of runs) {
    const own = join(folder, name);
    removeLink(own);
    const earlier = existsSync(own) ? readdirSync(own) : [];
    if (earlier.every(isEventFile)) for (const file of earlier) rmSync(join(own, file));
    const writer = openEventWriter(own);
    for (const { step, scalars } of steps) writer.scalars(step, scalars);
    writer.close();
  }
}

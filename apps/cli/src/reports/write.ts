/** Makes the reports of a result: to standard output, into the run folder, into files. The effects of plan.ts. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { removeLink, writeScalars } from '@nanscope/harness';
import type { ReportSubject } from '@nanscope/record';
import { type Reporter, reporters, terminalStyle } from '@nanscope/report';
import type { PlannedReport } from './plan.ts';

/** A file has no width of its own. */
const FILE_STYLE = { width: 100, color: false, unicode: true };

const unwritable = (file: string, error: unknown) =>
  new UserError(
    'usage/reporter',
    `--reporter: expected a file that can be written at ${file}, found ${errorLine(error)}.`,
  );

/** The beginning of a file; a text that is none of ours need not be read whole. */
function beginning(file: string): string {
  const bytes = Buffer.alloc(2 ** 16);
  const handle = openSync(file, 'r');
  try {
    return bytes.toString('utf8', 0, readSync(handle, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(handle);
  }
}

/** An earlier report is replaced, and event files get company; what is somebody else's stays. */
function checkOwn(file: string, { own }: Reporter): void {
  const stat = statSync(file);
  if (stat.isDirectory()) {
    const other = readdirSync(file, { withFileTypes: true }).find(
      (entry) => entry.name === '.git' || (entry.isFile() && !entry.name.startsWith('events.out.tfevents.')),
    );
    if (other) throw new Error(`a folder with ${other.name} in it, which is no event file`);
  } else if (stat.isFile() && stat.size > 0 && own?.test(beginning(file)) === false)
    throw new Error('a file that is no such report, which would be lost');
}

/**
 * What can be known before a long run: that no file named is a folder, lies below a file, or is of somebody else.
 *
 * @throws {UserError} `usage/reporter`
 */
export function checkPlaces(plan: readonly PlannedReport[]): void {
  for (const { reporter, place } of plan) {
    if (place.kind !== 'file') continue;
    const wantsFolder = 'scalars' in reporters[reporter];
    try {
      if (!wantsFolder && existsSync(place.file) && statSync(place.file).isDirectory())
        throw new Error('a folder');
      if (wantsFolder && existsSync(place.file) && !statSync(place.file).isDirectory())
        throw new Error('a file, where a folder is wanted');
      if (existsSync(place.file)) checkOwn(place.file, reporters[reporter]);
      let above = dirname(resolve(place.file));
      while (!existsSync(above)) above = dirname(above);
      if (!statSync(above).isDirectory()) throw new Error(`${above}, which is no folder`);
    } catch (error) {
      throw unwritable(place.file, error);
    }
  }
}

/** In one step, and instead of what is there: a link is replaced, not followed. */
function replaceFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    rmSync(temporary, { force: true });
    writeFileSync(temporary, text, { flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw unwritable(file, error);
  }
}

/** The summary page of the job, which GitHub shows below the run. */
function appendSummary(subject: ReportSubject, file: string): void {
  try {
    appendFileSync(file, reporters.markdown.render(subject));
  } catch (error) {
    throw new UserError(
      'usage/reporter',
      `GITHUB_STEP_SUMMARY=${file}: expected a file that can be written, found ${errorLine(error)}.`,
    );
  }
}

/** Makes one report. @throws whatever goes wrong */
function writeReport(
  { reporter, place }: PlannedReport,
  subject: ReportSubject,
  folder: string | undefined,
): void {
  const { env, stdout, stderr } = process;
  const { render, scalars }: Reporter = reporters[reporter];
  if (place.kind === 'stdout') {
    const style = terminalStyle(env, stdout.isTTY === true, stdout.columns);
    stdout.write(render?.(subject, style) ?? '');
  } else {
    const file = place.kind === 'file' ? place.file : folder && join(folder, place.name);
    if (file === undefined) {
      // Interrupted before anything was written.
      stderr.write(`nanscope: no ${reporter} report, since the run left no folder\n`);
      return;
    }
    if (render) replaceFile(file, render(subject, FILE_STYLE));
    const runs = scalars?.(subject);
    if (runs?.length === 0) {
      stderr.write(
        `nanscope: no ${reporter} report, since a ${subject.record.kind} has no figures along steps\n`,
      );
      return;
    }
    if (runs) {
      if (place.kind === 'folder') removeLink(file);
      writeScalars(file, runs);
    }
    stderr.write(`report    ${file}\n`);
  }
  if (reporter === 'github' && env.GITHUB_STEP_SUMMARY) appendSummary(subject, env.GITHUB_STEP_SUMMARY);
}

/**
 * Makes every report that can be made: one that fails costs no other.
 *
 * @param folder the run folder; undefined where the run left none
 * @returns Why the first that failed did, in a line; undefined where none did.
 */
export function writeReports(
  plan: readonly PlannedReport[],
  subject: ReportSubject,
  folder: string | undefined,
): UserError | undefined {
  const failures: UserError[] = [];
  for (const one of plan) {
    try {
      writeReport(one, subject, folder);
    } catch (error) {
      const why =
        error instanceof UserError ? error.message : `no ${one.reporter} report: ${errorLine(error)}.`;
      failures.push(new UserError('usage/reporter', why));
    }
  }
  const [first, ...others] = failures;
  for (const { message } of others) process.stderr.write(`nanscope: ${message}\n`);
  return first;
}

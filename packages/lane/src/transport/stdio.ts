/**
 * A program in another language: one line of JSON in on its standard input, lines of JSON out on its standard output.
 * What is no message there (a print that got through) is no message: it is told of once, and never taken for one.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type ChildEnd, type ChildOptions, watchChild } from './child.ts';

/** A program, its arguments, and what its environment has beside ours. */
export interface Program {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Of a line of noise, what the report shows. */
const MOST_SHOWN = 80;

/** A message is an object with a `kind`; undefined for any other line. */
function messageIn(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Starts the program and hands it its task. Resolves when it has ended, whatever way; never rejects.
 *
 * @param line the task, as the program reads it
 */
export function runProgram<Out>(
  program: Program,
  line: object,
  options: Omit<ChildOptions<Out>, 'run' | 'task'>,
): Promise<ChildEnd> {
  const child = spawn(program.command, [...program.arguments], {
    env: { ...process.env, ...options.environment, ...program.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Its standard input is closed behind the task: a signal is all that can be said to it later.
  const { heard, ended } = watchChild(child, options, () => child.kill('SIGTERM'));
  let noise = false;
  createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (text) => {
    heard();
    const message = messageIn(text);
    if (message) return options.onMessage(message as Out);
    if (noise || text.trim() === '') return;
    noise = true;
    const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
    const note = { kind: 'note', text: `printed to standard output, which is not a message: ${shown}` };
    options.onMessage(note as Out);
  });
  child.stdin.on('error', () => {}); // It ended before it read its task: how it ended says why.
  child.stdin.end(`${JSON.stringify(line)}\n`);
  return ended;
}

/** The torch lane as a program: a Python, and the package of ours that it runs (`lanes/torch/PROTOCOL.md`). */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TorchTask } from '../evaluate/torch-task.ts';
import { type ChildEnd, type ChildOptions, isLast, watchChild } from './child.ts';
import { inKept, keep, lanesLast, type Ready } from './kept.ts';

// A program in another language: one line of JSON in on its standard input, lines of JSON out on its standard output.
// What is no message there (a print that got through) is no message: it is reported once, and never taken for one.

/** A program, its arguments, and what its environment has beside ours. */
export interface Program {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** How many characters of a line of noise the report shows. */
const MOST_SHOWN = 80;

/** Typed arrays travel as `{ "$": name, "data": base64 }`. */
const arrays = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u1: Uint8Array };

const toLine = (message: object): string =>
  `${JSON.stringify(message, (_, value: unknown) => {
    const found = Object.entries(arrays).find(([, Class]) => value instanceof Class);
    if (!found) return value;
    const { buffer, byteOffset, byteLength } = value as Float32Array;
    return { $: found[0], data: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
  })}\n`;

const fromLine = (line: string): unknown =>
  JSON.parse(line, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$' in value) || !('data' in value)) return value;
    const Class = arrays[value.$ as keyof typeof arrays];
    return new Class(Uint8Array.from(Buffer.from(value.data as string, 'base64')).buffer);
  });

/** A message is an object with a `kind`; undefined for any other line. */
function messageIn(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = fromLine(line);
    return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Hands a task to a program, started here where none waits for it. Resolves when it has ended, whatever way, or waits for its next
 * task; never rejects.
 *
 * @param line the task, as the program reads it
 */
export function runProgram<Out>(
  program: Program,
  line: object,
  options: Omit<ChildOptions<Out>, 'run' | 'task' | 'backend'>,
): Promise<ChildEnd> {
  const env = { ...process.env, ...options.environment, ...program.environment };
  const ready = { what: program.command, env, cwd: process.cwd() };
  const start = () => {
    const child = spawn(program.command, [...program.arguments], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {}); // It ended before it read its task: how it ended says why.
    return child;
  };
  return inKept(ready, (waiting) => runIn(waiting ?? start(), ready, line, options), options.signal);
}

async function runIn<Out>(
  child: ChildProcess,
  ready: Ready,
  line: object,
  {
    stay = lanesLast(),
    onMessage,
    onStarted,
    ...watching
  }: Omit<ChildOptions<Out>, 'run' | 'task' | 'backend'>,
): Promise<{ end: ChildEnd; silent: boolean }> {
  const { stdin, stdout } = child as ChildProcessWithoutNullStreams;
  let silent = true;
  let noise = false;
  let done = false;
  // Where its standard input is closed behind the task, a signal is all that can be said to it later.
  const { heard, ended, letGo } = watchChild(child, watching, () => child.kill('SIGTERM'));
  const lines = createInterface({ input: stdout, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (text) => {
    heard();
    const message = messageIn(text);
    if (message) {
      silent = false;
      onMessage(message as Out);
      if (!stay || !isLast(message)) return;
      done = true;
      lines.close();
      letGo();
      keep(ready, child);
      return;
    }
    if (noise || text.trim() === '') return;
    noise = true;
    const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
    const note = { kind: 'note', text: `printed to standard output, which is not a message: ${shown}` };
    onMessage(note as Out);
  });
  stdin.write(toLine({ ...line, ...(stay && { stay }) }));
  if (onStarted) onStarted((message) => void (done || stdin.write(toLine(message))));
  else if (!stay) stdin.end();
  return { end: await ended, silent };
}

/** Version of the protocol that we speak. */
const PROTOCOL = 1;

/** Where the Python package lies: in `lanes/` of a checkout, beside our own files as published. */
const packageFolder = ['../../../../lanes/torch', '../../torch']
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .find((folder) => existsSync(`${folder}/nanscope_torch`));

const programOf = (python: string): Program => ({
  command: python,
  arguments: ['-m', 'nanscope_torch'],
  environment: {
    PYTHONPATH: [packageFolder, process.env.PYTHONPATH].filter(Boolean).join(delimiter),
    PYTHONUNBUFFERED: '1',
    // Bytecode is written beside the sources, which may be a folder that nobody may write.
    PYTHONDONTWRITEBYTECODE: '1',
  },
});

/** Hands a task to a Python. Resolves when it has ended, whatever way; never rejects. */
export const runTorch = <Out>(
  python: string,
  task: TorchTask,
  { run, ...options }: Omit<ChildOptions<Out>, 'task'>,
): Promise<ChildEnd> => runProgram(programOf(python), { protocol: PROTOCOL, kind: run, ...task }, options);

/** Starts a lane in a Python, in place of a process of ours. */
export const torchIn =
  (python: string, task: TorchTask) =>
  <Out>({ task: _, ...options }: ChildOptions<Out>): Promise<ChildEnd> =>
    runTorch(python, task, options);

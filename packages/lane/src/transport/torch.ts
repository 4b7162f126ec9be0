/** The torch lane as a program: a Python, and the package of ours that it runs (`lanes/torch/PROTOCOL.md`). */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TorchTask } from '../evaluate/torch-task.ts';
import { type ChildEnd, type ChildOptions, watchChild } from './child.ts';

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
const arrays = { f4: Float32Array, i4: Int32Array, u1: Uint8Array };

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
  // Where its standard input is closed behind the task, a signal is all that can be said to it later.
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
  child.stdin.write(toLine(line));
  if (options.onStarted) options.onStarted((message) => child.stdin.write(toLine(message)));
  else child.stdin.end();
  return ended;
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

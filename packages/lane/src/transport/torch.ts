/** The torch lane as a program: a Python, and the package of ours that it runs (`lanes/torch/PROTOCOL.md`). */
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TorchTask } from '../evaluate/torch-task.ts';
import type { ChildEnd, ChildOptions } from './child.ts';
import { type Program, runProgram } from './stdio.ts';

/** Of the protocol that we speak. */
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

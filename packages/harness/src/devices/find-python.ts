/** Which Python runs a lane of PyTorch: the one that is named, else that of the environment one works in. Pure, given what exists. */
import { delimiter, join, resolve } from 'node:path';
import { UserError } from '@nanscope/errors';

export interface Python {
  readonly path: string;
  /** Why it is this one. */
  readonly reason: string;
}

interface Machine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly exists: (path: string) => boolean;
}

/** Where the interpreter lies in the folder of an environment. */
const inside = (folder: string, platform: string, conda: boolean): string =>
  platform === 'win32'
    ? join(folder, ...(conda ? [] : ['Scripts']), 'python.exe')
    : join(folder, 'bin', 'python');

function onPath({ environment, platform, exists }: Machine): Python | undefined {
  const names = platform === 'win32' ? ['python.exe'] : ['python3', 'python'];
  const folders = (environment.PATH ?? environment.Path ?? '').split(delimiter).filter(Boolean);
  for (const name of names)
    for (const folder of folders) {
      const path = join(folder, name);
      if (exists(path)) return { path, reason: `the first ${name} on the PATH` };
    }
  return undefined;
}

/** A name without a folder is looked for on the PATH, as a shell does. */
function named(given: string, machine: Machine): string | undefined {
  if (/[\\/]/.test(given)) return machine.exists(given) ? resolve(given) : undefined;
  const folders = (machine.environment.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, given)).find(machine.exists);
}

/**
 * @param given the flags that may name it, the first that does wins
 * @throws {UserError} `torch/no-python` (exit 3)
 */
export function findPython(
  asked: string,
  given: readonly { readonly flag: string; readonly path: string | undefined }[],
  machine: Machine,
): Python {
  const { environment, platform, exists } = machine;
  const flags = [...given, { flag: 'NANSCOPE_PYTHON', path: environment.NANSCOPE_PYTHON }];
  for (const { flag, path } of flags) {
    if (path === undefined || path === '') continue;
    const found = named(path, machine);
    if (found) return { path: found, reason: `${flag} names it` };
    throw new UserError(
      'torch/no-python',
      `${asked} looks for a Python at ${path} (${flag}), and there is none. Name one with --python.`,
    );
  }
  for (const name of ['VIRTUAL_ENV', 'CONDA_PREFIX'] as const) {
    const folder = environment[name];
    const path = folder && inside(folder, platform, name === 'CONDA_PREFIX');
    if (path && exists(path)) return { path, reason: `${name} is set` };
  }
  const found = onPath(machine);
  if (found) return found;
  throw new UserError(
    'torch/no-python',
    `${asked} looks for a Python with PyTorch: NANSCOPE_PYTHON, VIRTUAL_ENV and CONDA_PREFIX name none, and the PATH has no python3. Install one, or name it with --python.`,
  );
}

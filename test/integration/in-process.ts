/** The command line, bundled as it is started, in a process that runs many commands: what it says is caught, what it needs of the environment set. Lanes wait for the next command. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleOf } from '../../apps/cli/scripts/bundle.mjs';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As on a terminal: in CI other findings make the exit code 1. */
export const environment = { NO_COLOR: '1', CI: '' };

interface CommandLine {
  commandLine(words: readonly string[]): Promise<number>;
}

/** @param open from the bundle that third parties' backends share (beside-main.ts) */
async function load(open: boolean): Promise<CommandLine> {
  const folder = await bundleOf(undefined, { open });
  const part = (name: string) => import(pathToFileURL(join(folder, `${name}.mjs`)).href);
  (await part(open ? 'packages/harness' : 'harness')).keepLanes();
  return part('command-line');
}

let loaded: Promise<CommandLine> | undefined;

let busy = false;

/** Whether a command runs here already: there is one standard output. */
export const isBusy = (): boolean => busy;

/** Keeps what is written to a stream, until it is given back. */
function caught(stream: NodeJS.WriteStream) {
  const { write } = stream;
  let text = '';
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const written = rest.at(-1);
    if (typeof written === 'function') queueMicrotask(() => written());
    return true;
  }) as typeof write;
  return {
    end() {
      stream.write = write;
      return text;
    },
  };
}

/** Runs a command to its end. @param open beside third parties' backends, for this process's commands all or none */
export async function runHere(words: readonly string[], { open = false } = {}): Promise<Ended> {
  busy = true;
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  try {
    loaded ??= load(open);
    const { commandLine } = await loaded;
    const [out, error] = [caught(process.stdout), caught(process.stderr)];
    try {
      const code = await commandLine(words);
      return { code, signal: null, stdout: out.end(), stderr: error.end() };
    } finally {
      out.end();
      error.end();
    }
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    busy = false;
  }
}

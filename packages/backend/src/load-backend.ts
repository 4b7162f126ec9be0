/**
 * Loads a backend written by a third party: a module whose default export is a `Backend`. What it exports is
 * checked here, so that a mistake in it reads as one clear line and not as a crash somewhere later.
 */

import { errorLine, UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { Backend, Probe, Session } from './backend.ts';
import { beginWork } from './kernels.ts';
import { inNode } from './runtime.ts';
import { builtinBackend } from './table.ts';

export interface LoadBackendOptions {
  /** Ids it may not have beside the built-in ones: the device names. */
  readonly reserved?: readonly string[];
}

/** A path of this machine, or anything `import` understands in a browser. */
async function toUrl(file: string): Promise<string> {
  if (!inNode || /^(file|https?|data):/.test(file)) return file;
  const [{ stat }, { resolve }, { pathToFileURL }] = await Promise.all([
    import('node:fs/promises'),
    import('node:path'),
    import('node:url'),
  ]);
  const path = resolve(file);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) {
    throw new UserError(
      'backend/file-missing',
      `--backend ${file}: expected a JavaScript module, found ${found ? 'a folder' : 'nothing'} at ${path}.`,
    );
  }
  return pathToFileURL(path).href;
}

/** What to do about a module that Node cannot load where it lies, such as a worked example outside of a checkout. */
function hintFor(cause: unknown): string {
  const { code, message = '' } = cause as { code?: string; message?: string };
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return '. Expected JavaScript: translate it first (npx esbuild --outfile=backend.mjs backend.ts).';
  const [, missing] = /Cannot find package '([^']+)'/.exec(message) ?? [];
  if (missing === undefined) return '';
  const names = ['nanscope', '@nanscope/backend', '@tensorflow/tfjs', missing];
  return `. Install what it imports in its folder, and nanscope beside it, so that both share one TensorFlow.js: npm install ${[...new Set(names)].join(' ')}`;
}

async function importDefault(file: string): Promise<unknown> {
  const url = await toUrl(file);
  try {
    return ((await import(/* @vite-ignore */ url)) as { default?: unknown }).default;
  } catch (cause) {
    throw new UserError(
      'backend/file-broken',
      `--backend ${file} cannot be imported: ${errorLine(cause)}${hintFor(cause)}`,
      { cause },
    );
  }
}

/** Throws unless every member has its type; `who` and `what` make the message. */
function demand(who: string, value: unknown, members: Record<string, string>): void {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const missing = Object.entries(members).filter(([name, type]) => typeof given[name] !== type);
  if (missing.length === 0) return;
  const list = missing.map(([name, type]) => `${name} (a ${type})`).join(', ');
  throw new UserError(
    'backend/bad-shape',
    `${who} lacks ${list}. See docs/backends.md for a worked example.`,
  );
}

/** The third party's probe, held to its promise never to throw. */
async function probeSafely(backend: Backend, who: string): Promise<Probe> {
  const remedy = `Ask the author of ${who}.`;
  try {
    const probe = await backend.probe();
    demand(`The probe of ${who}`, probe, { available: 'boolean' });
    if (!probe.available) {
      return {
        id: backend.id,
        available: false,
        reason: probe.reason ?? 'no reason given',
        remedy: probe.remedy ?? remedy,
      };
    }
    demand(`The probe of ${who}`, probe.facts, { version: 'string', capabilities: 'object' });
    return { ...probe, id: backend.id, facts: { ...probe.facts, id: backend.id } };
  } catch (cause) {
    return { id: backend.id, available: false, reason: errorLine(cause), remedy };
  }
}

async function openChecked(backend: Backend, who: string): Promise<Session> {
  const session = await backend.open().catch((cause: unknown) => {
    if (cause instanceof UserError) throw cause;
    throw new UserError('backend/not-available', `${who} cannot be opened: ${errorLine(cause)}`, {
      cause,
    });
  });
  demand(`The session of ${who}`, session, {
    tfjsName: 'string',
    facts: 'object',
    notes: 'object',
    dispose: 'function',
  });
  if (tf.getBackend() !== session.tfjsName) {
    throw new UserError(
      'backend/not-active',
      `${who} opened "${session.tfjsName}", but the active backend of TensorFlow.js is "${tf.getBackend()}": its open() has to await tf.setBackend("${session.tfjsName}").`,
    );
  }
  return session;
}

/**
 * Imports `file` and checks its default export. The backend that is returned keeps its promises: its probe
 * never throws, and its session is the active tfjs backend.
 *
 * @throws UserError (exit 2) `backend/file-missing`, `backend/file-broken`, `backend/bad-shape`, `backend/id-taken`.
 */
export async function loadBackend(
  file: string,
  { reserved = [] }: LoadBackendOptions = {},
): Promise<Backend> {
  beginWork(); // It may copy the kernels of a backend.
  const exported = await importDefault(file);
  const who = `--backend ${file}`;
  if (exported === undefined) {
    throw new UserError(
      'backend/bad-shape',
      `${who} has no default export: expected "export default" of an object with id, probe and open.`,
    );
  }
  demand(`The default export of ${who}`, exported, { id: 'string', probe: 'function', open: 'function' });
  const backend = exported as Backend;
  if (!/^[a-z][a-z0-9-]*$/.test(backend.id)) {
    throw new UserError(
      'backend/bad-shape',
      `${who} has the id "${backend.id}": expected lower-case letters, digits and hyphens, a letter first.`,
    );
  }
  if (builtinBackend(backend.id) || reserved.includes(backend.id)) {
    throw new UserError(
      'backend/id-taken',
      `${who} has the id "${backend.id}", which is taken: expected one that no built-in backend or device has.`,
    );
  }
  return { id: backend.id, probe: () => probeSafely(backend, who), open: () => openChecked(backend, who) };
}

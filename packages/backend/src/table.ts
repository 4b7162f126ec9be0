/** The closed table of the backends that come with nanscope. A third party's is loaded by `loadBackend`. */
import type { Backend } from './backend.ts';
import { cpu } from './cpu/index.ts';
import { tensorflow } from './tensorflow/index.ts';
import { wasm } from './wasm/index.ts';
import { webgpu } from './webgpu/index.ts';

const table = { webgpu, tensorflow, wasm, cpu } satisfies Record<string, Backend>;

/** The ids of the built-in backends. */
export type BuiltinId = keyof typeof table;

/** The built-in backends, the fastest first. Listing them loads nothing; `probe` and `open` do. */
export function backends(): readonly Backend[] {
  return Object.values(table);
}

/** The built-in backend of that id, or undefined for an id that only a third party can have. */
export function builtinBackend(id: BuiltinId): Backend;
export function builtinBackend(id: string): Backend | undefined;
export function builtinBackend(id: string): Backend | undefined {
  return Object.hasOwn(table, id) ? table[id as BuiltinId] : undefined;
}

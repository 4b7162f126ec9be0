/** What computes in a script: the packages it imports and the lines that open it. Text only. */

import { backendName } from '@nanscope/record';

/** A backend of TensorFlow.js by its package, or a module of a third party by the path that was given for it. */
export type ScriptBackend = 'cpu' | 'wasm' | 'tensorflow' | 'webgpu' | { readonly module: string };

const WEBGPU = '@tensorflow/tfjs-backend-webgpu';

/** Packages that a script of this backend imports, beside `@tensorflow/tfjs`. */
export const packagesOf = (backend: ScriptBackend): readonly string[] =>
  typeof backend !== 'string'
    ? []
    : {
        cpu: [],
        wasm: ['@tensorflow/tfjs-backend-wasm'],
        tensorflow: ['@tensorflow/tfjs-node'],
        webgpu: [WEBGPU, 'webgpu'],
      }[backend];

export const scriptBackendWords = (backend: ScriptBackend): string =>
  typeof backend !== 'string' ? backend.module : backendName(backend);

export interface Opened {
  readonly imports: readonly string[];
  /** What has to be done before it is chosen. */
  readonly lines: readonly string[];
  /** An expression: its name in TensorFlow.js. */
  readonly name: string;
}

/** @param as what a module is called, where a script opens two */
export function opened(backend: ScriptBackend, as = 'own'): Opened {
  if (typeof backend !== 'string')
    return {
      imports: ["import { pathToFileURL } from 'node:url';"],
      lines: [
        '// As it was given to --backend, from the folder in which this is run.',
        `const path = ${JSON.stringify(backend.module)};`,
        `const ${as} = await (await import(pathToFileURL(path).href)).default.open();`,
      ],
      name: `${as}.tfjsName`,
    };
  const name = `'${backend}'`;
  switch (backend) {
    case 'cpu':
      return { imports: [], lines: [], name };
    case 'wasm':
      return { imports: ["import '@tensorflow/tfjs-backend-wasm';"], lines: [], name };
    case 'tensorflow':
      return { imports: ["import '@tensorflow/tfjs-node';"], lines: [], name };
    case 'webgpu':
      return {
        imports: ["import { create, globals } from 'webgpu';"],
        lines: [
          'Object.assign(globalThis, globals);',
          "Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) } });",
          `await import('${WEBGPU}');`,
          "tf.env().set('WEBGPU_CPU_FORWARD', false);",
        ],
        name,
      };
    default:
      return backend satisfies never;
  }
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of another program.
/** reproduce.mjs: the case in plain TensorFlow.js, for a stranger to read and run. Text only. */
import { type ForwardPass, forwardLines, helperLines } from './forward-lines.ts';

/** What computes in the script: a backend of TensorFlow.js by its package, or a module of a third party. */
export type ScriptBackend = 'cpu' | 'wasm' | 'tensorflow' | 'webgpu' | { readonly module: string };

export interface Script extends ForwardPass {
  /** One line for its head. */
  readonly title: string;
  /** What the op holds where it fails. */
  readonly bad: 'NaN' | 'Infinity';
  readonly backend: ScriptBackend;
  /** Where two devices differ: what it is held against. */
  readonly against?: ScriptBackend;
}

/** Packages that a script of these backends imports, beside `@tensorflow/tfjs`. */
export const packagesOf = (backend: ScriptBackend): readonly string[] =>
  typeof backend !== 'string'
    ? []
    : {
        cpu: [],
        wasm: ['@tensorflow/tfjs-backend-wasm'],
        tensorflow: ['@tensorflow/tfjs-node'],
        webgpu: ['@tensorflow/tfjs-backend-webgpu', 'webgpu'],
      }[backend];

/** @returns lines that register a backend, and the expression that is its name in TensorFlow.js */
function opened(backend: ScriptBackend): { readonly lines: readonly string[]; readonly name: string } {
  if (typeof backend !== 'string') {
    return {
      lines: [],
      name: `(await (await import(${JSON.stringify(backend.module)})).default.open()).tfjsName`,
    };
  }
  const name = `'${backend}'`;
  if (backend === 'wasm') return { lines: ["import '@tensorflow/tfjs-backend-wasm';"], name };
  if (backend === 'tensorflow') return { lines: ["import '@tensorflow/tfjs-node';"], name };
  if (backend === 'webgpu')
    return {
      lines: [
        "import { create, globals } from 'webgpu';",
        "Object.defineProperty(Object.assign(globalThis, globals), 'navigator', { value: { gpu: create([]) } });",
        "await import('@tensorflow/tfjs-backend-webgpu'), tf.env().set('WEBGPU_CPU_FORWARD', false);",
      ],
      name,
    };
  return { lines: [], name };
}

/** Reads a safetensors file: its header is JSON, names of the transformer without their common beginning. */
const read = [
  'function read(name, file = readFileSync(at(name)), start = 8 + Number(file.readBigUInt64LE())) {',
  '  const bytes = ([from, to]) => file.buffer.slice(file.byteOffset + start + from, file.byteOffset + start + to);',
  "  const values = (dtype, data) => (dtype === 'I64' ? Int32Array.from(new BigInt64Array(data), Number) : new Float32Array(data));",
  "  const tensors = Object.entries(JSON.parse(file.subarray(8, start))).filter(([name]) => name !== '__metadata__');",
  "  return Object.fromEntries(tensors.map(([name, { dtype, shape, data_offsets }]) => [name.replace('transformer.', ''), tf.tensor(values(dtype, bytes(data_offsets)), shape)]));",
  '}',
  "const at = (name) => new URL(`${process.argv[2] ?? '.'}/${name}`, import.meta.url);",
];

/** The inputs and settings that the lines name. */
function inputLines(lines: readonly string[]): string[] {
  const names = ['input_ids', 'attention_mask', 'position_ids', 'labels'];
  const used = names.filter((name) => lines.some((line) => line.includes(name)));
  const settings = [
    ['n_head', 'H', /\bH\b/],
    ['n_layer', 'L', /\bL\b/],
    ['layer_norm_epsilon', 'epsilon', /\bepsilon\b/],
  ] as const;
  const wanted = settings
    .filter(([, , name]) => lines.some((line) => name.test(line)))
    .map(([key, name]) => `${key}: ${name}`);
  const config = "JSON.parse(readFileSync(at('model/config.json')))";
  return [
    `const w = read('model/model.safetensors'), { ${used.join(', ')} } = read('inputs.safetensors');`,
    `const [B, T] = input_ids.shape${wanted.length > 0 ? `, { ${wanted.join(', ')} } = ${config}` : ''};`,
  ];
}

/** What the script says last: an error leaves 1 as well, but says nothing of the kind. */
export const said = { there: 'it is there', absent: 'it is not there' } as const;

const verdict = [`console.log(there ? '${said.there}' : '${said.absent}'), process.exit(there ? 1 : 0);`];

/** A predicate on one value. */
const badValue = (bad: Script['bad']) =>
  bad === 'NaN' ? 'Number.isNaN' : '(value) => Math.abs(value) === Infinity';

/** One device: what it finds, and the exit code. */
function alone({ backend, bad }: Script, forward: readonly string[]): string[] {
  const { lines, name } = opened(backend);
  const body = [...helperLines(forward), ...forward];
  return [
    ...lines,
    `await tf.setBackend(${name});`,
    ...read,
    ...inputLines(body),
    'let last; // The values of the op that was looked at last.',
    "const show = async (name, tensor) => ((last = [...(await tensor.data())]), console.log(name.padEnd(18), last.slice(0, 12).join(' ')), tensor);",
    ...body,
    `const there = last.some(${badValue(bad)});`,
    ...verdict,
  ];
}

/** Two devices: the same pass on each, and whether the op is of the same classes. */
function between({ backend }: Script, other: ScriptBackend, forward: readonly string[]): string[] {
  const [own, reference] = [opened(backend), opened(other)];
  const body = [...helperLines(forward), ...forward];
  return [
    ...new Set([...own.lines, ...reference.lines]),
    ...read,
    'async function classes(backend, last) {',
    '  await tf.setBackend(backend);',
    '  const show = async (_, tensor) => (last = tensor);',
    ...[...inputLines(body), ...body].map((line) => `  ${line}`),
    "  return [...(await last.data())].map((value) => (Number.isFinite(value) ? 'finite' : String(value))).join(' ');",
    '}',
    `const [target, reference] = [await classes(${own.name}), await classes(${reference.name})];`,
    'console.log(`target    ${target}\\nreference ${reference}`);',
    'const there = target !== reference;',
    ...verdict,
  ];
}

export function scriptText(script: Script): string {
  const forward = forwardLines(script);
  const rest = script.against ? between(script, script.against, forward) : alone(script, forward);
  return `${[
    `// ${script.title}`,
    "import { readFileSync } from 'node:fs';",
    "import * as tf from '@tensorflow/tfjs';",
    ...rest,
  ].join('\n')}\n`;
}

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

const WEBGPU = '@tensorflow/tfjs-backend-webgpu';

/** Packages that a script of these backends imports, beside `@tensorflow/tfjs`. */
export const packagesOf = (backend: ScriptBackend): readonly string[] =>
  typeof backend !== 'string'
    ? []
    : {
        cpu: [],
        wasm: ['@tensorflow/tfjs-backend-wasm'],
        tensorflow: ['@tensorflow/tfjs-node'],
        webgpu: [WEBGPU, 'webgpu'],
      }[backend];

interface Opened {
  readonly imports: readonly string[];
  /** What has to be done before it is chosen. */
  readonly lines: readonly string[];
  /** An expression: its name in TensorFlow.js. */
  readonly name: string;
}

function opened(backend: ScriptBackend): Opened {
  if (typeof backend !== 'string') {
    const name = `(await (await import(${JSON.stringify(backend.module)})).default.open()).tfjsName`;
    return { imports: [], lines: [], name };
  }
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
          "Object.defineProperty(Object.assign(globalThis, globals), 'navigator', { value: { gpu: create([]) } });",
          `await import('${WEBGPU}'), tf.env().set('WEBGPU_CPU_FORWARD', false);`,
        ],
        name,
      };
    default:
      return backend satisfies never;
  }
}

/** Reads a safetensors file: a header of JSON, in which what has no dtype is metadata, then the bytes. */
const read = [
  "const at = (name) => new URL(`${process.argv[2] ?? '.'}/${name}`, import.meta.url);",
  "const values = (dtype, bytes) => (dtype === 'I64' ? Int32Array.from(new BigInt64Array(bytes), Number) : new Float32Array(bytes));",
  'const read = (name, file = readFileSync(at(name)), start = 8 + Number(file.readBigUInt64LE())) => Object.fromEntries(',
  "  Object.entries(JSON.parse(file.subarray(8, start))).flatMap(([key, { dtype, shape, data_offsets: range }]) => dtype ? [[key.replace('transformer.', ''),",
  '    tf.tensor(values(dtype, file.buffer.slice(...range.map((offset) => file.byteOffset + start + offset))), shape)]] : []));',
];

/** The inputs and settings that the lines name. @param ready what has to be true before a tensor is made */
function inputLines(lines: readonly string[], ready = ''): string[] {
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
    `const w = ${ready}read('model/model.safetensors'), { ${used.join(', ')} } = read('inputs.safetensors');`,
    `const [B, T] = input_ids.shape${wanted.length > 0 ? `, { ${wanted.join(', ')} } = ${config}` : ''};`,
  ];
}

/** What the script says last: an error leaves 1 as well, but says nothing of the kind. */
export const said = { there: 'it is there', absent: 'it is not there' } as const;

/** A predicate on one value. */
const badValue = (bad: Script['bad']) =>
  bad === 'NaN' ? 'Number.isNaN' : '(value) => Math.abs(value) === Infinity';

/** One device: what it finds, and the exit code. */
function alone({ backend, bad, activation }: Script, forward: readonly string[]): string[] {
  const { lines, name } = opened(backend);
  const body = [...helperLines(forward, activation), ...forward];
  return [
    ...lines,
    `await tf.setBackend(${name});`,
    ...read,
    ...inputLines(body),
    "let last, show = async (name, tensor) => ((last = [...(await tensor.data())]), console.log(name.padEnd(18), last.slice(0, 12).join(' ')), tensor);",
    ...body,
    `process.exit(last.some(${badValue(bad)}) ? (console.log('${said.there}'), 1) : (console.log('${said.absent}'), 0));`,
  ];
}

/** Two devices: the same pass on each, and whether the op is of the same classes. */
function between(
  { backend, activation }: Script,
  other: ScriptBackend,
  forward: readonly string[],
): string[] {
  const [own, reference] = [opened(backend), opened(other)];
  const body = [...helperLines(forward, activation), ...forward];
  return [
    ...new Set([...own.lines, ...reference.lines]),
    ...read,
    'async function classes(backend, last, show = async (_, tensor) => (last = tensor)) {',
    ...[...inputLines(body, '(await tf.setBackend(backend)) && '), ...body].map((line) => `  ${line}`),
    "  return [...(await last.data())].map((value) => (Number.isFinite(value) ? 'finite' : String(value))).join(' ');",
    '}',
    `const [target, reference] = [await classes(${own.name}), await classes(${reference.name})];`,
    `console.log(\`target    \${target}\\nreference \${reference}\\n\${target === reference ? '${said.absent}' : '${said.there}'}\`), process.exit(target === reference ? 0 : 1);`,
  ];
}

export function scriptText(script: Script): string {
  const forward = forwardLines(script);
  const rest = script.against ? between(script, script.against, forward) : alone(script, forward);
  const used = [script.backend, ...(script.against ? [script.against] : [])].flatMap(
    (backend) => opened(backend).imports,
  );
  return `${[
    `// ${script.title}`,
    "import { readFileSync } from 'node:fs';",
    ["import * as tf from '@tensorflow/tfjs';", ...new Set(used)].join(' '),
    ...rest,
  ].join('\n')}\n`;
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of another program.
/** reproduce.mjs: the case in plain TensorFlow.js, in one file, for a stranger to read and run. Text only. */
import { type CaseData, dataLines } from './case-data.ts';
import { attentionLines, type ForwardPass, forwardLines, helperLines } from './forward-lines.ts';
import { type Opened, opened, type ScriptBackend, scriptBackendWords } from './script-backend.ts';

/** What is computed: GPT-2 up to an op, or the attention of any model alone, whose scores are zeros. */
export type Computed =
  | ForwardPass
  | (Pick<ForwardPass, 'op' | 'implementation' | 'policy'> & { readonly activation?: undefined });

export type Script = Computed & ScriptFrame;

interface ScriptFrame {
  /** One line for its head. */
  readonly title: string;
  /** What the op holds where it fails. */
  readonly bad: 'NaN' | 'Infinity';
  readonly backend: ScriptBackend;
  /** Where two devices differ: what it is held against. */
  readonly against?: ScriptBackend;
  readonly failing: CaseData;
  /** The nearest case without the fault, which `node reproduce.mjs passing` computes. */
  readonly passing?: CaseData;
}

/** What the last line of a script begins with: an error leaves 1 as well, but says nothing of the kind. */
export const said = { there: 'FAIL:', absent: 'PASS:' } as const;

/** Twelve values on a line; more are counted. */
const listLines = [
  'const list = (values) =>',
  "  values.slice(0, 12).join(' ') + (values.length > 12 ? ` and ${values.length - 12} more` : '');",
];

const showLines = [
  'let seen;',
  'async function show(name, tensor) {',
  '  seen = { name, values: [...(await tensor.data())] };',
  '  console.log(name.padEnd(18), list(seen.values));',
  '  return tensor;',
  '}',
];

/** One device: what it finds, and the exit code. */
function alone(script: Script, { name }: Opened, forward: readonly string[]): string[] {
  const isBad = script.bad === 'NaN' ? 'Number.isNaN' : '(value) => Math.abs(value) === Infinity';
  const body = withHelpers(script, forward);
  return [
    `await tf.setBackend(${name});`,
    ...dataLines(body, script.failing, script.passing),
    ...listLines,
    ...showLines,
    ...body,
    `const bad = seen.values.filter(${isBad}).length;`,
    `console.log('expected', 'no ${script.bad}');`,
    "console.log('got     ', list(seen.values));",
    `const end = bad > 0 ? \`${said.there} \${bad}\` : '${said.absent} no';`,
    `console.log(\`\${end} ${script.bad} in \${seen.name}\`);`,
    'process.exit(bad > 0 ? 1 : 0);',
  ];
}

/** Two devices: the same pass on each, and whether the op is of the same classes. */
function between(script: Script, own: Opened, other: Opened, forward: readonly string[]): string[] {
  const body = withHelpers(script, forward);
  return [
    ...listLines,
    ...showLines,
    'async function run(backend) {',
    '  await tf.setBackend(backend);',
    '  console.log(`on ${backend}`);',
    ...[...dataLines(body, script.failing, script.passing), ...body].map((line) => `  ${line}`),
    '  return seen.values;',
    '}',
    `const got = await run(${own.name});`,
    `const expected = await run(${other.name});`,
    "const kind = (value) => (Number.isFinite(value) ? 'finite' : String(value));",
    'const bad = got.filter((value, i) => kind(value) !== kind(expected[i])).length;',
    "console.log('expected', list(expected));",
    "console.log('got     ', list(got));",
    `const end = bad > 0 ? \`${said.there} \${bad}\` : '${said.absent} none';`,
    'console.log(`${end} of ${got.length} of another class in ${seen.name}`);',
    'process.exit(bad > 0 ? 1 : 0);',
  ];
}

const bodyOf = (script: Script): readonly string[] =>
  script.activation === undefined ? (attentionLines(script) ?? []) : forwardLines(script);

const withHelpers = ({ activation }: Script, forward: readonly string[]): string[] => [
  ...(activation === undefined ? [] : helperLines(forward, activation)),
  ...forward,
];

export function scriptText(script: Script): string {
  const { backend, against, passing, title } = script;
  const forward = bodyOf(script);
  const [own, other] = [opened(backend), against && opened(against, 'other')];
  const both = [own, ...(other ? [other] : [])];
  const on = scriptBackendWords(backend) + (against ? ` against ${scriptBackendWords(against)}` : '');
  return `${[
    `// ${title}`,
    ...(script.activation === undefined ? ['// Mask and softmax alone; the scores are zeros.'] : []),
    `// Plain TensorFlow.js on ${on}. node reproduce.mjs: the case that fails, exit 1.`,
    ...(passing ? ['// node reproduce.mjs passing: the nearest case that does not, exit 0.'] : []),
    "import * as tf from '@tensorflow/tfjs';",
    ...new Set(both.flatMap(({ imports }) => imports)),
    ...new Set(both.flatMap(({ lines }) => lines)),
    ...(passing ? ["const passing = process.argv[2] === 'passing';"] : []),
    ...(other ? between(script, own, other, forward) : alone(script, own, forward)),
  ].join('\n')}\n`;
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of another program.
/** reproduce.mjs of one kernel: its call with the smallest operands, and whether the element is what it should be. Text only. */
import { fromJsonNumber, type OpCallRecord, type OperandRecord } from '@nanscope/record';
import { float32Words } from '@nanscope/words';
import { choice, filled } from '../folder/case-data.ts';
import { opened, type ScriptBackend, scriptBackendWords } from '../folder/script-backend.ts';

export interface OpScript {
  readonly title: string;
  readonly kernel: string;
  /** As they are captured: numbers that JSON lacks and typed arrays are objects of one key. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly backend: ScriptBackend;
  readonly failing: OpCallRecord;
  /** The nearest operands that are computed right, with what they should give. */
  readonly passing?: OpCallRecord;
}

/** A captured attribute as JavaScript. */
function attribute(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(attribute).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  const [name, inner] = entries.length === 1 ? entries[0]! : [];
  if (name === '$number') return String(inner);
  if (name === '$undefined') return 'undefined';
  if (name?.startsWith('$')) return `${name.slice(1)}.from(${attribute(inner)})`;
  if (entries.length === 0) return '{}';
  return `{ ${entries.map(([key, one]) => `${JSON.stringify(key)}: ${attribute(one)}`).join(', ')} }`;
}

function operandLines({ shape, dtype, values }: OperandRecord): string[] {
  const words = values.map((value) => float32Words(fromJsonNumber(value)));
  const line = `tf.tensor([${words.join(', ')}], [${shape.join(', ')}], '${dtype}')`;
  return line.length < 70
    ? [line]
    : ['tf.tensor([', ...filled(words, '  '), `], [${shape.join(', ')}], '${dtype}')`];
}

const expectedOf = ({ element: { index, expected } }: OpCallRecord): string =>
  `[${[index, expected.low, expected.high, expected.nan].map(String).join(', ')}]`;

export function opScriptText({ title, kernel, attributes, backend, failing, passing }: OpScript): string {
  const { imports, lines, name } = opened(backend);
  const other = passing ?? failing;
  const operands = failing.operands.flatMap((operand, i) =>
    choice(`  ${operand.name}: `, operandLines(operand), operandLines(other.operands[i]!), ','),
  );
  return `${[
    `// ${title}`,
    `// One call of ${kernel} on ${scriptBackendWords(backend)}. node reproduce.mjs exits 1 while the element is wrong.`,
    ...(passing
      ? ['// node reproduce.mjs passing: the nearest operands that are computed right, exit 0.']
      : []),
    "import * as tf from '@tensorflow/tfjs';",
    ...imports,
    ...lines,
    ...(passing ? ["const passing = process.argv[2] === 'passing';"] : []),
    `await tf.setBackend(${name});`,
    'const operands = {',
    ...operands,
    '};',
    `const attributes = ${attribute(attributes)};`,
    `const results = [tf.engine().runKernel('${kernel}', operands, attributes)].flat();`,
    '// The element, the least and the greatest that it may be, and whether it may be NaN.',
    ...choice('const [at, low, high, nan] = ', [expectedOf(failing)], [expectedOf(other)], ';'),
    `const got = (await results[${failing.element.output}].data())[at];`,
    'const right = Number.isNaN(got) ? nan : low <= got && got <= high;',
    'const range = low > high ? \'NaN\' : `${low} to ${high}${nan ? " or NaN" : ""}`;',
    "console.log('expected', range);",
    "console.log('got     ', got);",
    `console.log(\`\${right ? 'PASS: right' : 'FAIL: wrong'} in element \${at} of ${kernel}\`);`,
    'process.exit(right ? 0 : 1);',
  ].join('\n')}\n`;
}

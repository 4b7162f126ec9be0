/** A case as lines of a script: its inputs and weights written into it, and for its neighbour what differs. Text, but for the reading of weights. */
import { batchOf, type Case, weightsOf } from '@nanscope/lane';
import { isGpt2Config, type ModelWeights, parameterShapes } from '@nanscope/model';
import { float32Words } from '@nanscope/words';

/** The names that `--load-inputs` reads. */
export const inputNames = ['input_ids', 'attention_mask', 'position_ids', 'labels'] as const;
export type InputName = (typeof inputNames)[number];

interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** All that a script needs to compute a case. */
export interface CaseData {
  readonly inputs: Readonly<Record<InputName, readonly (readonly number[])[]>>;
  /** By the names of the lines: without `transformer.`. */
  readonly weights: ReadonlyMap<string, Weight>;
  readonly heads: number;
  readonly layers: number;
  /** The epsilon of every LayerNorm. */
  readonly epsilon: number;
}

const gridsOf = (candidate: Case): CaseData['inputs'] => {
  const { inputIds, attentionMask, positionIds, labels, batch, length } = batchOf(candidate);
  const grid = (numbers: Int32Array) =>
    Array.from({ length: batch }, (_, row) => [...numbers.subarray(row * length, (row + 1) * length)]);
  return {
    input_ids: grid(inputIds),
    attention_mask: grid(attentionMask),
    position_ids: grid(positionIds),
    labels: grid(labels),
  };
};

/** A case whose attention alone is computed: it takes no weight. */
export const attentionData = (candidate: Case): CaseData => ({
  ...{ inputs: gridsOf(candidate), weights: new Map(), heads: 1, layers: 1, epsilon: 0 },
});

/** @param whole the weights of the run's model */
export async function caseData(whole: ModelWeights, candidate: Case): Promise<CaseData> {
  const { config, values } = weightsOf(whole, candidate);
  if (!isGpt2Config(config)) throw new Error(`No script is written for a ${config.modelType}.`);
  const weights = new Map<string, Weight>();
  for (const [name, shape] of parameterShapes(config)) {
    const size = shape.reduce((product, n) => product * n, 1);
    weights.set(name.replace('transformer.', ''), { shape, values: await values(name, size) });
  }
  return {
    inputs: gridsOf(candidate),
    weights,
    heads: config.heads,
    layers: config.layers,
    epsilon: config.gpt2.layer_norm_epsilon,
  };
}

const WIDTH = 96;

/** Words one after the other, on lines of at most `WIDTH` characters. */
export function filled(words: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 2 <= WIDTH) lines[lines.length - 1] += ` ${word},`;
    else lines.push(`${indent}${word},`);
  }
  return lines;
}

/** A tensor of numbers; of one number alone by its constant. */
function tensorLines({ shape, values }: Weight): string[] {
  const first = values[0] ?? 0;
  const place = `[${shape.join(', ')}]`;
  if (values.every((value) => Object.is(value, first))) return [`tf.fill(${place}, ${float32Words(first)})`];
  const words = Array.from(values, float32Words);
  const line = `tf.tensor([${words.join(', ')}], ${place})`;
  return line.length < 70 ? [line] : ['tf.tensor([', ...filled(words, '  '), `], ${place})`];
}

/** A grid of integers as it is read; a long one a row a line. */
function gridLines(grid: readonly (readonly number[])[]): string[] {
  const rows = grid.map((row) => `[${row.join(', ')}]`);
  const line = `[${rows.join(', ')}]`;
  if (line.length < 70) return [line];
  const words = (row: readonly number[]) => filled(row.map(String), '    ');
  return ['[', ...grid.flatMap((row) => ['  [', ...words(row), '  ],']), ']'];
}

/** `head` value `tail`, or, where the neighbour has another, a choice between the two. */
export function choice(
  head: string,
  failing: readonly string[],
  passing: readonly string[],
  tail: string,
): string[] {
  if (failing.join('\n') === passing.join('\n')) {
    const [first, ...rest] = failing;
    const lines = [`${head}${first}`, ...rest];
    return [...lines.slice(0, -1), `${lines.at(-1)}${tail}`];
  }
  const [one, other] = [passing.join('\n  '), failing.join('\n  ')];
  const short = `${head}passing ? ${one} : ${other}${tail}`;
  if (short.length <= 100 && !short.includes('\n')) return [short];
  return `${head}passing\n  ? ${one}\n  : ${other}${tail}`.split('\n');
}

/** What of the weights the lines read. */
const reads = (lines: readonly string[], name: string): boolean => {
  const short = name.replace(/^h\.\d+\./, '');
  const stem = short.replace(/\.(weight|bias)$/, '');
  return lines.some(
    (line) => line.includes(`${short}'`) || line.includes(`${stem}\``) || line.includes(`'${stem}'`),
  );
};

/** The inputs, settings and weights that the lines of a forward pass name. */
export function dataLines(lines: readonly string[], failing: CaseData, passing = failing): string[] {
  const named = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  const settings = [
    ['H', 'heads', /\bH\b/],
    ['L', 'layers', /\bL\b/],
    ['epsilon', 'epsilon', /\bepsilon\b/],
  ] as const;
  const inputs = inputNames.filter((name) => named(new RegExp(`\\b${name}\\b`)));
  const names = [...failing.weights.keys()].filter((name) => reads(lines, name));
  const lacking = names.filter((name) => !passing.weights.has(name));
  const weight = (data: CaseData, name: string) => {
    const found = data.weights.get(name);
    return found ? tensorLines(found) : ['null'];
  };
  return [
    "const ints = (rows) => tf.tensor2d(rows, [rows.length, rows[0].length], 'int32');",
    ...inputs.flatMap((name) =>
      choice(`const ${name} = ints(`, gridLines(failing.inputs[name]), gridLines(passing.inputs[name]), ');'),
    ),
    `const [B, T] = ${inputs[0]}.shape;`,
    ...settings
      .filter(([, , pattern]) => named(pattern))
      .flatMap(([name, field]) =>
        choice(`const ${name} = `, [String(failing[field])], [String(passing[field])], ';'),
      ),
    ...(lacking.length > 0 ? ['// null: weights of layers that the passing case does not have.'] : []),
    ...(names.length === 0
      ? []
      : [
          'const w = {',
          ...names.flatMap((name) =>
            choice(`'${name}': `, weight(failing, name), weight(passing, name), ',').map(
              (line) => `  ${line}`,
            ),
          ),
          '};',
        ]),
  ];
}

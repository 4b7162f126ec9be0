/** Small questions with a known answer, asked of every device of a PyTorch: how it treats NaN, infinities and rows without a key. */
import { numbers, type TorchAnswer, type TorchCall, type TorchTensor, torchNumber } from '@nanscope/conform';
import type { TorchProbe } from '@nanscope/record';

interface Question {
  readonly expected: string;
  readonly function: string;
  readonly arguments: TorchCall['arguments'];
  readonly right: (answer: number) => boolean;
  readonly why: string;
}

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const tensor = (...values: number[]): TorchTensor => ({
  ...{ shape: [values.length], type: 'float32', values: Float32Array.from(values) },
});

/** Attention of two queries and keys. @param keep which may be seen, row by row */
function attention(keep: readonly number[], poison = false): TorchCall['arguments'] {
  const made = (seed: number): TorchTensor => ({
    ...{ shape: [1, 1, 2, 64], type: 'float32', values: numbers(seed, 128, 3) },
  });
  const [query, key, value] = [made(1), made(2), made(3)];
  if (poison) query.values[0] = nan;
  const attn_mask = { shape: [1, 1, 2, 2], type: 'bool', values: Uint8Array.from(keep) };
  return { query, key, value, attn_mask };
}

/** Numbers of an answer that are shown. */
const MOST_SHOWN = 3;

const givesNaN = (answer: number) => Number.isNaN(answer);
const sdpa = 'scaled_dot_product_attention';

const questions: Readonly<Record<string, Question>> = {
  'exp(NaN)': {
    ...{ expected: 'NaN', function: 'exp', arguments: { input: tensor(nan) }, right: givesNaN },
    why: 'an exp that loses a NaN hides it in every softmax',
  },
  'max(0, NaN)': {
    ...{ expected: 'NaN', function: 'maximum', right: givesNaN },
    arguments: { input: tensor(0), other: tensor(nan) },
    why: 'a maximum that loses a NaN hides it in every relu and clamp',
  },
  'relu(NaN)': {
    ...{ expected: 'NaN', function: 'relu', arguments: { input: tensor(nan) }, right: givesNaN },
    why: 'a relu that loses a NaN hides it in the next layer',
  },
  '0 * inf': {
    ...{ expected: 'NaN', function: 'mul', arguments: { input: tensor(0), other: tensor(inf) } },
    ...{ right: givesNaN, why: 'a weight of 0 does not stop an infinity' },
  },
  'inf - inf': {
    ...{ expected: 'NaN', function: 'sub', arguments: { input: tensor(inf), other: tensor(inf) } },
    ...{ right: givesNaN, why: 'this is how a row of -inf becomes NaN' },
  },
  'isnan(NaN)': {
    ...{ expected: 'true', function: 'isnan', arguments: { input: tensor(nan) } },
    right: (answer) => answer === 1,
    why: 'fast math may answer no: counts are by bits for that reason',
  },
  'softmax of a row of -inf': {
    ...{ expected: 'NaN', function: 'softmax', arguments: { input: tensor(-inf, -inf), dim: 0 } },
    ...{ right: givesNaN, why: 'the formula has no answer' },
  },
  'subnormal 1e-40 * 1': {
    ...{ expected: '1e-40', function: 'mul', arguments: { input: tensor(1e-40), other: tensor(1) } },
    right: (answer) => Math.abs(answer - 1e-40) < 1e-42,
    why: 'a device that flushes to zero gives other numbers near it',
  },
  'argmax with NaN': {
    ...{ expected: "the NaN's place", function: 'argmax', arguments: { input: tensor(1, nan, 2) } },
    right: (answer) => answer === 1,
    why: 'an argmax that passes over a NaN gives an answer where there is none',
  },
  'sdpa, a row without a key': {
    ...{ expected: '0', function: sdpa, arguments: attention([0, 0, 1, 1]) },
    right: (answer) => answer === 0,
    why: 'NaN before torch 2.5: left padding with a causal mask makes such rows',
  },
  'sdpa, a NaN in q': {
    ...{ expected: 'NaN', function: sdpa, arguments: attention([1, 1, 1, 1], true), right: givesNaN },
    why: 'a fused kernel that loses it hides an upstream NaN',
  },
};

export const torchQuestions: readonly TorchCall[] = Object.entries(questions).map(
  ([id, { function: name, arguments: given }]) => ({ id, function: name, arguments: given }),
);

/** Numbers of the first query of attention: those of the second are no answer to a question. */
const FIRST_QUERY = 64;

/** @param answers of every device to every question; one that is missing is no pass */
export function torchChecks(
  devices: readonly string[],
  answers: readonly (TorchAnswer & { readonly device: string })[],
): TorchProbe['probes'] {
  return devices.flatMap((device) =>
    Object.entries(questions).map(([name, { expected, function: called, right, why }]) => {
      const given = answers.find((each) => each.device === device && each.id === name);
      const { answer, refused, failed = 'it gave no answer' } = given ?? {};
      const values = Array.from(answer?.values ?? []).slice(0, called === sdpa ? FIRST_QUERY : undefined);
      const said = [...new Set(values.map(torchNumber))].slice(0, MOST_SHOWN).join(', ');
      const passed = values.length > 0 && values.every(right);
      return { name, device, result: answer ? said : (refused ?? failed), expected, passed, why };
    }),
  );
}

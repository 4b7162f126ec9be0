/** Puts the questions to the kernels of the active backend: what nanscope's models are computed with. */
import { errorLine } from '@nanscope/errors';
import type { NumericAnswer } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { judge, refusal } from './judge.ts';
import { type Question, questions } from './questions.ts';

/** Equal elements, so that whole vectors and what is left over are both asked. */
const ELEMENTS = 9;

/** A tensor of these bits; no number in between, which could lose a payload. */
const filled = (word: number): tf.Tensor1D =>
  tf.tensor1d(new Float32Array(new Uint32Array(ELEMENTS).fill(word).buffer));

async function ask(question: Question): Promise<NumericAnswer> {
  const { operands, kernels } = question;
  try {
    const result = tf.tidy(() => kernels!(filled(operands[0]), filled(operands[1])));
    const read = await result.data();
    // A truth value may come back as the byte it is kept in.
    const values = read instanceof Float32Array ? read : Float32Array.from(read);
    result.dispose();
    return judge(question, new Uint32Array(values.buffer, values.byteOffset, values.length));
  } catch (error) {
    return refusal(errorLine(error));
  }
}

export async function askKernels(): Promise<Record<string, NumericAnswer>> {
  const put = questions.filter(({ kernels }) => kernels !== undefined);
  return Object.fromEntries(
    await Promise.all(put.map(async (question) => [question.id, await ask(question)] as const)),
  );
}

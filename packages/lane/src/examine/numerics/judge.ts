/** From the bits that a device gave to an answer. Pure. */
import type { NumericAnswer, NumericQuestion } from '@nanscope/record';
import { bitsInWords, exactBits, sameValue } from './bits.ts';
import type { Question } from './questions.ts';

const words = (word: number, { exactly }: Question): string =>
  exactly ? exactBits(word) : bitsInWords(word);

/** The question as a result shows it. */
export function asked(question: Question): NumericQuestion {
  const { id, topic, computed, permitted } = question;
  return {
    ...{ id, topic, computed, expected: words(question.answer, question) },
    ...(permitted !== undefined && { permitted }),
  };
}

/** @param found bits of equal elements, which need not have come out equal; none is a refusal */
export function judge(question: Question, found: Uint32Array): NumericAnswer {
  const [first] = found;
  if (first === undefined) return { found: 'nothing', status: 'refused' };
  const right = found.every((word) => sameValue(word, question.answer, question.exactly));
  const alike = found.every((word) => sameValue(word, first, question.exactly));
  return {
    found: alike
      ? words(first, question)
      : `mixed: ${[...new Set([...found].map((word) => words(word, question)))].join(', ')}`,
    status: right ? 'as IEEE 754' : 'differs',
  };
}

export const refusal = (reason: string): NumericAnswer => ({ found: reason, status: 'refused' });

/** The two sentences of a verdict on a generation. Nothing is decided here. */
import type { GenerationRecord, GenerationVerdict } from '@nanscope/record';
import { count, counted } from '../number.ts';

type Ended = Pick<GenerationRecord, 'rows' | 'prompts' | 'status' | 'failure'>;

/** @param code what is the case, which `harness` decides */
export function wordGeneration(
  { code, exitCode }: Pick<GenerationVerdict, 'code' | 'exitCode'>,
  { rows, prompts, status, failure }: Ended,
): GenerationVerdict {
  const tokens = rows.reduce((sum, row) => sum + row.tokens.length, 0);
  const done = `${rows.length === prompts ? counted(prompts, 'row') : `${count(rows.length)} of ${counted(prompts, 'row')}`} continued by ${counted(tokens, 'token')}`;
  const broken = rows.filter(({ ended }) => ended === 'non-finite');
  const met = `${count(broken.length)} of ${counted(prompts, 'row')} met logits that are not finite, after which there is no next token`;
  const next = broken[0]?.evaluate;
  const shown = next === undefined ? '' : `See where it is born: ${next}`;
  if (code === 'generated') return { code, exitCode, sentence: `${done}.`, next: '' };
  if (code === 'rows-non-finite') return { code, exitCode, sentence: `${met}; ${done}.`, next: shown };
  if (code === 'interrupted') return { code, exitCode, sentence: `Interrupted: ${done}.`, next: '' };
  return {
    ...{ code, exitCode, next: shown },
    sentence: `The device ${status} (${failure ?? 'no reason given'}); ${done}.`,
  };
}

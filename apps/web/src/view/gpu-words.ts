/** What the answers of a GPU to the doctor's questions come to, in words that need no table. Pure. */

import { errorLine } from '@nanscope/errors';
import type { NumericAnswer, NumericQuestion } from '@nanscope/record';
import { table } from '@nanscope/report';
import { writeAddress } from '../configuration/address.ts';
import type { Answers } from '../run/survey.ts';
import { html, show, whenIdle } from './dom.ts';

/** A question that the GPU answers otherwise than IEEE 754 asks. */
export interface Difference {
  readonly computed: string;
  readonly expected: string;
  readonly found: string;
  /** Why WGSL permits it; absent where it does not. */
  readonly permitted?: string | undefined;
}

interface GpuWords {
  readonly title: string;
  readonly sentences: readonly string[];
  readonly differences: readonly Difference[];
}

/** Those that tell most, first: an operation that any model has, before one in which WGSL lets a number win over a NaN. */
const telling = ['nan-exp', 'nan-add', 'nan-times-zero', 'infinity-minus-infinity', 'zero-over-zero'];

const rank = ({ id }: NumericQuestion): number => {
  const at = telling.indexOf(id);
  return at < 0 ? telling.length : at;
};

const and = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

/** More stand in the table. */
const MOST_TOLD = 3;

/** `turns exp(NaN) into Infinity` */
const turnsWords = (differences: readonly Difference[]): string =>
  `turns ${and(differences.map(({ computed, found }) => `${computed} into ${found}`))}`;

const keepsNaN = (answers: Readonly<Record<string, NumericAnswer>>, questions: readonly NumericQuestion[]) =>
  questions.every(
    ({ id, topic }) => topic !== 'NaN kept' || (answers[id]?.status ?? 'as IEEE 754') === 'as IEEE 754',
  );

/** @param name of the adapter, for people */
export function gpuWords({ questions, backend, failure }: Answers, name: string): GpuWords {
  const software = backend.adapter?.software === true;
  const who = software ? `This GPU is software (${name})` : `Your GPU (${name})`;
  const answers = backend.shader ?? backend.kernels;
  const answered = questions.filter(({ id }) => answers[id] && answers[id].status !== 'refused');
  const differing = answered
    .filter(({ id }) => answers[id]!.status === 'differs')
    .sort((a, b) => rank(a) - rank(b));
  const differences = differing.map(
    ({ id, computed, expected, permitted }): Difference => ({
      ...{ computed, expected, found: answers[id]!.found, permitted },
    }),
  );
  const ended = failure === undefined ? [] : [`It stopped before the last answer: ${failure}.`];
  const hint = software
    ? ['The GPU is emulated on the CPU here, so this says nothing about a GPU that you may also have.']
    : [];
  if (answered.length === 0) {
    const title = software ? `${who} and gave no answer` : `${who} gave no answer`;
    return { title, sentences: [...ended, ...hint], differences };
  }
  const [lost] = differences.filter((_, i) => differing[i]!.topic === 'NaN kept');
  const link = software ? ', and it ' : ' ';
  const title = `${who}${link}${lost ? turnsWords([lost]) : 'keeps every NaN'}`;
  const others = differences.filter(
    (one, i) => one !== lost && ['NaN kept', 'infinities'].includes(differing[i]!.topic),
  );
  const also = others.length > 0 ? [`It also ${turnsWords(others.slice(0, MOST_TOLD))}.`] : [];
  const unlawful = differences.filter(({ permitted }) => permitted === undefined).length;
  const counts =
    differences.length === 0
      ? `All ${answered.length} answers are those of IEEE 754.`
      : `${answered.length - differences.length} of ${answered.length} answers are those of IEEE 754; ${
          unlawful === 0
            ? 'WGSL permits the others'
            : `WGSL does not permit ${unlawful === 1 ? 'one' : unlawful} of the others`
        }.`;
  const kernels =
    lost && backend.shader && Object.keys(backend.kernels).length > 0
      ? [
          keepsNaN(backend.kernels, questions)
            ? 'The kernels that nanscope runs on it are corrected, and keep every NaN.'
            : 'The kernels that nanscope runs on it lose a NaN as well.',
        ]
      : [];
  return { title, sentences: [...also, counts, ...kernels, ...hint, ...ended], differences };
}

// The first answer of the page, which nobody has to ask for: what the visitor's own GPU makes of a NaN.

const nowhere = 'The runs below use WebAssembly and plain JavaScript instead.';

const all = html`<a href="${writeAddress('doctor', {})}">All answers of this browser</a>`;

function answer(place: HTMLElement, { title, sentences, differences }: GpuWords): void {
  const rows = differences.map(({ computed, expected, found, permitted }) => ({
    cells: [computed, expected, found, permitted ?? 'not permitted'],
  }));
  show(
    place,
    html`<h2>${title}</h2><p>${sentences.join(' ')}</p>
${rows.length > 0 && html`<details><summary>Answers that differ from IEEE 754</summary>${table('Computed by a shader of nothing but the expression', ['computed', 'IEEE 754', 'here', 'WGSL'], rows)}</details>`}<p>${all}</p>`,
  );
}

const absent = (place: HTMLElement, title: string, why: string) =>
  show(place, html`<h2>${title}</h2><p>${why}. ${nowhere} ${all}</p>`);

/** @param gpu whether there is one, asked for already: without it nothing is loaded */
export async function openYourGpu(place: HTMLElement, gpu: Promise<string | undefined>): Promise<void> {
  show(place, html`<h2>Asking your GPU about NaN …</h2>`);
  if ((await gpu) === undefined) {
    const offered = 'gpu' in navigator;
    return absent(
      place,
      offered ? 'No GPU here that WebGPU may use' : 'No WebGPU here',
      offered
        ? 'This browser offers WebGPU but finds no adapter for it'
        : 'So this page cannot ask your GPU what it makes of a NaN: use a browser with WebGPU, over https',
    );
  }
  await whenIdle();
  try {
    const { askYourGpu } = await import('../run/your-gpu.ts');
    const found = await askYourGpu();
    if (found.kind === 'absent') absent(place, 'Your GPU cannot be asked', found.reason);
    else answer(place, gpuWords(found.answers, found.name));
  } catch (error) {
    absent(place, 'Your GPU cannot be asked', errorLine(error));
  }
}

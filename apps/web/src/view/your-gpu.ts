/** The first answer of the page, which nobody has to ask for: what the visitor's own GPU makes of a NaN. */
import { errorLine } from '@nanscope/errors';
import { table } from '@nanscope/report';
import { writeAddress } from '../configuration/address.ts';
import { html, show } from './dom.ts';
import { type GpuWords, gpuWords } from './gpu-words.ts';
import { whenIdle } from './idle.ts';

const nowhere = 'The runs below use WebAssembly and plain JavaScript instead.';

const all = html`<a href="${writeAddress('doctor', {})}">All answers of this browser</a>`;

function answer(place: HTMLElement, { title, sentences, differences }: GpuWords): void {
  const rows = differences.map(({ computed, expected, found, permitted }) => ({
    cells: [computed, expected, found, permitted ?? 'not permitted'],
  }));
  show(
    place,
    html`<h2>${title}</h2><p>${sentences.join(' ')}</p>
${rows.length > 0 && html`<details><summary>What it answers otherwise</summary>${table('Computed by a shader of nothing but the expression', ['computed', 'IEEE 754', 'here', 'WGSL'], rows)}</details>`}<p>${all}</p>`,
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
        ? 'This browser offers WebGPU and finds no adapter for it'
        : 'So this page cannot ask your GPU what it makes of a NaN: take a browser with WebGPU, and a page over https',
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

/** A finished run below the settings, so that it is seen what comes out: its verdict and its picture, and all of it when asked for. */
import { type ReportSubject, sanitizeRecord } from '@nanscope/record';
import { commandLine, reportSections } from '@nanscope/report';
import { verdictOf } from '@nanscope/words';
import { html, one, show, whenIdle } from './dom.ts';
import { serveFigures } from './serve-figures.ts';

/** @param open shows the whole report */
export async function openExample(place: HTMLElement, open: (example: ReportSubject) => void): Promise<void> {
  await whenIdle();
  const { openExample: read } = await import('../run/example.ts');
  const example = await read().catch(() => undefined); // The page is whole without it.
  // Who started a run meanwhile has one to look at.
  if (!example || place.closest('.ran')) return;
  const clean = sanitizeRecord(example);
  const { title, sentence, next } = verdictOf(clean.record);
  const picture = reportSections(clean).find(({ id }) => id === 'positions');
  show(
    place,
    html`<h2 id="example-title">What comes out: a finished run</h2>
<p><strong>${title}.</strong> ${sentence}</p><p class="next"><span aria-hidden="true">→</span> ${next}</p>
${commandLine(clean.record.command)}<div class="actions"><button type="button" id="open-example">Open its whole report</button></div>
<div class="picture">${picture?.body}</div>`,
  );
  place.hidden = false;
  serveFigures(place);
  one('#open-example', place).addEventListener('click', () => open(example));
}

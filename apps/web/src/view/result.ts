/** A finished run: its verdict, what was run, and every section of its report. */

import { type ReportSubject, sanitizeRecord } from '@nanscope/record';
import { commandLine, reportFacts, reportSections, shapeSymbols, verdictOf } from '@nanscope/report';
import { html, one, show } from './dom.ts';
import { serveFigures } from './serve-figures.ts';

const signs = { pass: '✓', warn: '▲', fail: '✗' } as const;

/** Puts the result in place and makes its figures answer. */
export function showResult(root: HTMLElement, subject: ReportSubject): void {
  const clean = sanitizeRecord(subject);
  const { title, tone, sentence, next, exitCode } = verdictOf(clean.record);
  show(
    root,
    html`<section id="verdict" class="verdict ${tone}" aria-labelledby="verdict-title"><h2 id="verdict-title" class="title" tabindex="-1"><span aria-hidden="true">${signs[tone]}</span> ${title}</h2>
<p class="sentence">${sentence}</p>
${next !== '' && html`<p class="next"><span aria-hidden="true">→</span> ${next}</p>`}
${commandLine(clean.record.command)}<p class="exit">exit ${exitCode}</p></section>
<section aria-label="What was run">${reportFacts(clean)}</section>
${shapeSymbols()}${reportSections(clean).map(({ body }) => body)}`,
  );
  serveFigures(root);
  // It is what was waited for: who listens hears it, who looks sees it.
  one('#verdict-title', root).focus();
}

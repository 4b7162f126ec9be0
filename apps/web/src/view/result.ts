/** A finished run: its verdict, what was run, the bar of its sections, and every section of its report. */

import { type ReportSubject, sanitizeRecord } from '@nanscope/record';
import { commandLine, reportFacts, reportSections, shapeSymbols } from '@nanscope/report';
import { verdictOf } from '@nanscope/words';
import { type Html, html, one, show } from './dom.ts';
import { serveFigures } from './serve-figures.ts';

const signs = { pass: '✓', warn: '▲', fail: '✗' } as const;

export interface ResultOptions {
  /** What the result is of, above its verdict: the name of a run that was opened. */
  readonly about?: string;
  /** What was kept of a run that the visitor stopped, which is no verdict about a device. */
  readonly stopped?: string;
  /** What the verdict leaves open about the devices, in a sentence. */
  readonly note?: string | undefined;
  /** Buttons below the verdict. */
  readonly actions?: Html;
}

const stoppedFrame = (words: string, actions: Html | undefined) =>
  html`<section id="verdict" class="verdict stopped" aria-labelledby="verdict-title"><h2 id="verdict-title" class="title" tabindex="-1">Stopped by you</h2>
<p class="sentence">${words}</p>${actions && html`<div class="actions">${actions}</div>`}</section>
`;

function verdictFrame({ record }: ReportSubject, { about, note, actions }: ResultOptions): Html {
  const { title, tone, sentence, next, exitCode } = verdictOf(record);
  return html`<section id="verdict" class="verdict ${tone}" aria-labelledby="verdict-title">${about !== undefined && html`<p class="about">${about}</p>`}<h2 id="verdict-title" class="title" tabindex="-1"><span aria-hidden="true">${signs[tone]}</span> ${title}</h2>
<p class="sentence">${sentence}</p>
${next !== '' && html`<p class="next"><span aria-hidden="true">→</span> ${next}</p>`}
${note !== undefined && html`<p class="note">${note}</p>`}
${commandLine(record.command)}<p class="exit">exit ${exitCode}</p>${actions && html`<div class="actions">${actions}</div>`}</section>
`;
}

/** Puts the result in place and makes its figures answer. */
export function showResult(root: HTMLElement, subject: ReportSubject, options: ResultOptions = {}): void {
  const clean = sanitizeRecord(subject);
  const sections = reportSections(clean);
  const { stopped, actions } = options;
  show(
    root,
    html`${stopped === undefined ? verdictFrame(clean, options) : stoppedFrame(stopped, actions)}
${sections.length > 1 && html`<nav class="contents" aria-label="Sections of the report"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`}
<section aria-label="What was run">${reportFacts(clean)}</section>
${shapeSymbols()}${sections.map(({ body }) => body)}`,
  );
  serveFigures(root);
  showVerdict(root);
}

/** It is what was waited for: who listens hears it, who looks sees it. */
function showVerdict(root: HTMLElement): void {
  one('#verdict-title', root).focus({ preventScroll: true });
  one('#verdict', root).scrollIntoView({ block: 'nearest' });
}

/** Shows a run that was stopped before it had a result. */
export function showStopped(root: HTMLElement, words: string, actions?: Html): void {
  show(root, stoppedFrame(words, actions));
  showVerdict(root);
}

/** The end of an experiment. @param subject undefined where it was stopped before anything was seen */
export function showEnd(root: HTMLElement, subject: ReportSubject | undefined, stopped: boolean): void {
  if (!subject) showStopped(root, 'Nothing had begun.');
  else if (stopped) showResult(root, subject, { stopped: 'What was seen until then is below.' });
  else showResult(root, subject);
}

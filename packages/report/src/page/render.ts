/**
 * Any result as one HTML file that needs nothing else: figures are drawn here, so that it is complete without its script;
 * its policy forbids every request and every script and style but the two it brings, which it names by their hashes.
 */
import { createHash } from 'node:crypto';
import { type ReportSubject, renderJson, sanitizeRecord } from '@nanscope/record';
import { verdictOf } from '@nanscope/words';
import { browserScript } from '../html/browser-script.ts';
import { commandLine, embeddedJson, fields, Html, html, type Section, section } from '../html/parts.ts';
import { style } from '../html/style.ts';
import { shapeSymbols } from '../lanes/html/cascade-graph.ts';
import { termsIn } from '../words/glossary.ts';
import { facts, reportSections } from './facts.ts';

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const policy = (): string =>
  `default-src 'none'; style-src ${hash(style)}; script-src ${hash(browserScript)}; base-uri 'none'; form-action 'none'`;

const signs = { pass: '✓', warn: '▲', fail: '✗' } as const;

/** The words of these sections, each with what it means. */
function glossarySection(sections: readonly Section[]): Section {
  const text = sections.map(({ body }) => body.text.replace(/<[^>]*>/g, ' ')).join(' ');
  const terms = termsIn(text).map(({ term, meaning }) => [term, meaning] as const);
  return section(
    'words',
    'Words',
    html`<details><summary>What the words of this report mean</summary>${fields(terms)}</details>`,
  );
}

/** @returns the document, closed by a newline; the same subject always gives the same text */
export function renderHtml(subject: ReportSubject): string {
  const clean = sanitizeRecord(subject);
  const { kind, command } = clean.record;
  const { title, tone, sentence, next, exitCode } = verdictOf(clean.record);
  const sections = reportSections(clean);
  const words = glossarySection(sections);
  const links = [...sections, words].map(
    ({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title} · nanscope ${kind}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#verdict">Skip to the verdict</a>
<header><p class="name">nanscope ${kind}</p><nav aria-label="Sections"><ul>${links}</ul></nav><button type="button" id="theme" hidden>Dark</button></header>
<main>
<section id="verdict" class="verdict ${tone}" aria-labelledby="verdict-title"><h1 id="verdict-title"><span aria-hidden="true">${signs[tone]}</span> ${title}</h1>
<p class="sentence">${sentence}</p>
${next !== '' && html`<p class="next"><span aria-hidden="true">→</span> ${next}</p>`}
${commandLine(command)}<p class="exit">exit ${exitCode}</p></section>
<section id="facts" aria-label="What was run">${facts(clean)}</section>
${shapeSymbols()}${[...sections, words].map(({ body }) => body)}</main>
<footer><p>Made by nanscope; this file asks nothing of any network. The result itself is in it, as JSON.</p></footer>
<script type="application/json" id="record">${embeddedJson(renderJson(subject.record))}</script>
<script>${new Html(browserScript)}</script>
</body>
</html>
`.text;
}

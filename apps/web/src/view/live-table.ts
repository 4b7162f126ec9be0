/** A table that fills in while something runs: rows are added, the newest in sight; past a number they are only counted. */

import type { DecidedDevices, LaneEvent, Role } from '@nanscope/harness';
import { backendName, type LaneRecord } from '@nanscope/record';
import { badge, type Content, fields, type Html } from '@nanscope/report';
import { placeWords } from '@nanscope/words';
import { html, one, show } from './dom.ts';

/** More rows are slow to lay out; the report that follows has them all. */
const MOST_ROWS = 400;

interface LiveTable {
  add(cells: readonly Content[]): void;
  /** How far it is, of how many. */
  progress(words: string, done: number, total: number): void;
}

export const passed = (pass: boolean, words: string): Html => badge(pass ? 'pass' : 'fail', words);

export function openLiveTable(place: HTMLElement, caption: string, head: readonly string[]): LiveTable {
  show(
    place,
    html`<h2 id="live-title">${caption}</h2><p class="doing"></p><progress aria-label="${caption}" max="1" value="0"></progress>
<div class="scroll live" role="region" tabindex="0" aria-labelledby="live-title"><table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody></tbody></table></div>`,
  );
  place.hidden = false;
  const body = one('tbody', place);
  const bar = one<HTMLProgressElement>('progress', place);
  return {
    add(cells) {
      if (body.childElementCount >= MOST_ROWS) body.firstElementChild?.remove();
      const row = document.createElement('tr');
      const [first, ...rest] = cells;
      row.innerHTML = html`<th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}`.text;
      body.append(row);
    },
    progress(words, done, total) {
      one('.doing', place).textContent = words;
      bar.max = Math.max(1, total);
      bar.value = done;
    },
  };
}

// Both lanes while they run: what each is doing, how far it is, its metrics as they grow.

const figure = (value: number | string, digits = 4) =>
  typeof value === 'number' ? value.toPrecision(digits) : value;

const percent = (value: number | string) =>
  typeof value === 'number' ? `${(value * 100).toPrecision(4)} %` : value;

const rolesOf = (decided: DecidedDevices): Role[] =>
  decided.reference ? ['target', 'reference'] : ['target'];

/** The devices and why they were chosen, before anything has run. */
export function showLanes(root: HTMLElement, decided: DecidedDevices, batches: number): void {
  const lane = (role: Role) => {
    const { label, attention, rules, warnings } = decided[role]!;
    return html`<article id="lane-${role}" data-role="${role}"><h3>${role}</h3>
<p><strong>${backendName(label)}</strong> <span class="dim">attention ${attention}</span></p>
<progress max="${batches}" value="0" aria-label="${role}, batches done"></progress>
<p class="pace"></p>
<p class="doing" role="status">waiting</p>
<div class="figures"></div>
${warnings.map((warning) => html`<p class="badge warn">▲ ${warning}</p>`)}
<details><summary>Why this device</summary><ul>${rules.map(({ rule, reason }) => html`<li><code>${rule}</code>: ${reason}</li>`)}</ul></details></article>
`;
  };
  show(root, html`<div class="cards">${rolesOf(decided).map(lane)}</div>`);
}

export function showLaneEvent(root: HTMLElement, role: Role, event: LaneEvent): void {
  const card = one(`#lane-${role}`, root);
  const doing = one('.doing', card);
  if (event.kind === 'loading') doing.textContent = event.what;
  if (event.kind === 'progress') {
    one<HTMLProgressElement>('progress', card).value = event.batches;
    // Not a status: nobody wants to hear every batch.
    one('.pace', card).textContent =
      `${event.batches} of ${event.total} batches, ${Math.round(event.tokensPerSecond)} tokens/s`;
    if (doing.textContent !== 'evaluating') doing.textContent = 'evaluating';
  }
  if (event.kind === 'ended') {
    const { status, failure } = event.outcome;
    doing.textContent =
      status === 'complete' || status === 'interrupted'
        ? { complete: 'complete', interrupted: 'stopped by you' }[status]
        : `${status}: ${failure ?? 'no reason known'}`;
    card.classList.add(status);
  }
}

export function showLaneRecord(root: HTMLElement, role: Role, { metrics, cascade }: LaneRecord): void {
  if (!metrics) return;
  const { nan, posInf, negInf } = metrics.nonFinite;
  show(
    one(`#lane-${role} .figures`, root),
    fields([
      ['loss', figure(metrics.loss, 7)],
      ['perplexity', figure(metrics.perplexity)],
      ['accuracy', percent(metrics.accuracy)],
      ['not finite', `${nan} NaN, ${posInf + negInf} infinite of ${metrics.tokens} labels`],
      ['born in', cascade?.origin && placeWords(cascade.origin.key)],
    ]),
  );
}

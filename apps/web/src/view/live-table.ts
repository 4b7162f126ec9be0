/** A table that fills in while something runs: rows are added, the newest in sight; past a number they are only counted. */
import { badge, type Content, type Html } from '@nanscope/report';
import { html, one, show } from './dom.ts';

/** More rows are slow to lay out; the report that follows has them all. */
const MOST_ROWS = 400;

export interface LiveTable {
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

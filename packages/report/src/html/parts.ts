/** What every section is built of: its frame, tables, labelled fields, commands, signs. */
import { type Content, type Html, html } from './html.ts';

export type Status = 'pass' | 'fail' | 'same' | 'warn' | 'skip' | 'note';

const signs: Readonly<Record<Status, string>> = {
  ...{ pass: '✓', fail: '✗', same: '=', warn: '▲', skip: '–', note: '·' },
};

/** A word with its sign and colour; the word alone says it too. */
export const badge = (status: Status, words: string): Html =>
  html`<span class="badge ${status}"><span aria-hidden="true">${signs[status]}</span> ${words}</span>`;

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

export const section = (id: string, title: string, ...body: readonly Content[]): Section => ({
  id,
  title,
  body: html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${body}</section>
`,
});

/** A command on a line of its own; the script adds a button that copies it. */
export const commandLine = (command: string): Html =>
  html`<p class="command"><code>${command}</code></p>
`;

/** Labels and what they say. */
export type Fields = (readonly [string, Content])[];

/** Fields that say nothing are left out. */
export const fields = (entries: Readonly<Fields>): Html =>
  html`<dl>${entries
    .filter(([, content]) => content !== undefined && content !== '')
    .map(([label, content]) => html`<div><dt>${label}</dt><dd>${content}</dd></div>`)}</dl>
`;

export interface TableRow {
  /** The first is the row's header. */
  readonly cells: readonly Content[];
  /** Values that filters look at, by name. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface TableOptions {
  readonly id?: string;
  /** Columns of figures, by index. */
  readonly figures?: readonly number[];
}

/** A table in a frame that scrolls sideways where the page is narrow. */
export function table(
  caption: string,
  head: readonly Content[],
  rows: readonly TableRow[],
  { id, figures = [] }: TableOptions = {},
): Html {
  const kind = (column: number) => (figures.includes(column) ? html` class="figure"` : '');
  const line = ({ cells, data = {} }: TableRow) =>
    html`<tr${Object.entries(data).map(([name, value]) => html` data-${name}="${value}"`)}>${cells.map(
      (cell, column) =>
        column === 0 ? html`<th scope="row">${cell}</th>` : html`<td${kind(column)}>${cell}</td>`,
    )}</tr>
`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table${id ? html` id="${id}"` : ''}><caption>${caption}</caption>
<thead><tr>${head.map((cell, column) => html`<th scope="col"${kind(column)}>${cell}</th>`)}</tr></thead>
<tbody>
${rows.map(line)}</tbody></table></div>
`;
}

/** Choices of a filter: a name that rows carry as data, what it is called, and its values. */
export interface Filter {
  readonly name: string;
  readonly label: string;
  /** Absent: a field in which one types a part of the value. */
  readonly values?: readonly string[];
}

/** Filters of a table, shown by the script; without one, every row stands there. */
export function filters(tableId: string, all: readonly Filter[], noun: string): Html {
  const field = ({ name, label, values }: Filter) =>
    html`<label>${label} ${
      values
        ? html`<select name="${name}"><option value="">any</option>${values.map(
            (value) => html`<option>${value}</option>`,
          )}</select>`
        : html`<input type="search" name="${name}" autocomplete="off" spellcheck="false">`
    }</label>
`;
  return html`<form class="filters" data-table="${tableId}" data-noun="${noun}" aria-label="Filters" hidden>
${all.map(field)}<button type="reset">Show all</button>
<output role="status"></output></form>
`;
}

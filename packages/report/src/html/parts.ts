/** What every section is built of: its frame, tables, labelled fields, commands, signs. */

// A template tag that escapes: text becomes markup only where `html` made it.

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Html | string | number | undefined | false | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function markup(content: Content): string {
  if (content instanceof Html) return content.text;
  if (Array.isArray(content)) return content.map(markup).join('');
  if (content === undefined || content === false) return '';
  return String(content).replace(/[&<>"']/g, (character) => entities[character]!);
}

/** Text in it is escaped, for an element's content and for an attribute in quotes; lists are joined; `undefined` and `false` are nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((text, part, index) => text + markup(values[index - 1]) + part));
}

/** JSON for a `<script type="application/json">`: nothing in it ends the element or a line of script. */
export function embeddedJson(json: string): Html {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return new Html(json.replace(/[<>&\u2028\u2029]/g, escaped));
}

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

interface TableRow {
  /** The first is the row's header. */
  readonly cells: readonly Content[];
  /** Values that filters look at, by name. */
  readonly data?: Readonly<Record<string, string>>;
}

interface TableOptions {
  readonly id?: string;
  /** Columns of figures, by index. */
  readonly figures?: readonly number[];
}

/** Columns from which on a table does not fit a phone: each of its rows becomes a list there, with the heads beside the values. */
const STACKED = 4;

/** A table in a frame; where the page is narrow a wide one is stacked, and a frame scrolls sideways for what is wider still. */
export function table(
  caption: string,
  head: readonly Content[],
  rows: readonly TableRow[],
  { id, figures = [] }: TableOptions = {},
): Html {
  const kind = (column: number) => (figures.includes(column) ? html` class="figure"` : '');
  const stacked = head.length >= STACKED;
  const named = (column: number) => {
    const title = head[column];
    return stacked && typeof title === 'string' && html` data-head="${title}"`;
  };
  const line = ({ cells, data = {} }: TableRow) =>
    html`<tr${Object.entries(data).map(([name, value]) => html` data-${name}="${value}"`)}>${cells.map(
      (cell, column) =>
        column === 0
          ? html`<th scope="row">${cell}</th>`
          : html`<td${kind(column)}${named(column)}>${cell}</td>`,
    )}</tr>
`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table${id ? html` id="${id}"` : ''}${stacked && html` class="stacked"`}><caption>${caption}</caption>
<thead><tr>${head.map((cell, column) => html`<th scope="col"${kind(column)}>${cell}</th>`)}</tr></thead>
<tbody>
${rows.map(line)}</tbody></table></div>
`;
}

/** Choices of a filter: a name that rows carry as data, what it is called, and its values. */
interface Filter {
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

/** The form of the flags: every field is made from the table that the command line is made from. */
import { deviceNames } from '@nanscope/device';
import type { Flag } from '@nanscope/settings';
import type { Given } from '../configuration/address.ts';
import { all, type Html, html, one, show } from './dom.ts';

/** What a field suggests while one types; any other text is taken too, and judged where the flag is. */
const suggestions: Readonly<Record<string, readonly string[]>> = {
  device: deviceNames.filter((name) => name !== 'tensorflow'),
  reference: ['none', 'wasm', 'javascript', 'gpu'],
  model: ['prose', 'tiny', 'gpt2'],
  tokenizer: ['bytes'],
};

const defaultOf = (flag: Flag): string =>
  'default' in flag && flag.default !== undefined ? String(flag.default) : '';

const option = (value: string, chosen: boolean, label = value): Html =>
  html`<option value="${value}"${chosen && html` selected`}>${label}</option>`;

function control(flag: Flag, id: string, value: string | undefined): Html {
  const shared = html`id="${id}" name="${flag.name}" aria-describedby="${id}-about"`;
  const known = defaultOf(flag);
  if (flag.kind === 'switch')
    return html`<input type="checkbox" ${shared}${(value ?? known) === 'true' && html` checked`}>`;
  if (flag.kind === 'choice')
    return html`<select ${shared}>${known === '' && option('', value === undefined, 'as the policy says')}${flag.choices.map(
      (choice) => option(choice, (value ?? known) === choice),
    )}</select>`;
  const list = suggestions[flag.name];
  const numeric = flag.kind === 'integer' || flag.kind === 'number';
  return html`<input type="text" ${shared} value="${value ?? ''}" placeholder="${known || 'not set'}" autocomplete="off" autocapitalize="off" spellcheck="false"${
    numeric && html` inputmode="${flag.kind === 'integer' ? 'numeric' : 'decimal'}"`
  }${list !== undefined && html` list="${id}-list"`}>${
    list !== undefined &&
    html`<datalist id="${id}-list">${list.map((name) => html`<option value="${name}"></option>`)}</datalist>`
  }`;
}

/** A list of choices is typed as on the command line, joined by commas. */
const about = (flag: Flag): string =>
  flag.kind === 'choices' ? `${flag.describe}: some of ${flag.choices.join(', ')}` : flag.describe;

function field(flag: Flag, value: string | undefined): Html {
  const id = `flag-${flag.name}`;
  return html`<div class="field ${flag.kind}"><label for="${id}">${flag.name}</label>${control(flag, id, value)}<span class="about" id="${id}-about">${about(flag)}</span></div>
`;
}

/** Puts the fields of the flags into `root`, set to what is given; all but the `first` are folded away, by group. */
export function showFields(
  root: HTMLElement,
  flags: readonly Flag[],
  first: readonly string[],
  given: Given,
): void {
  const top = first.flatMap((name) => flags.filter((flag) => flag.name === name));
  const groups = new Map<string, Flag[]>();
  for (const flag of flags)
    if (!top.includes(flag)) groups.set(flag.group, [...(groups.get(flag.group) ?? []), flag]);
  const isSet = (group: readonly Flag[]) => group.some(({ name }) => given[name] !== undefined);
  show(
    root,
    html`<div class="fields first">${top.map((flag) => field(flag, given[flag.name]))}</div>
${[...groups].map(
  ([group, own]) =>
    html`<details class="group"${isSet(own) && html` open`}><summary>${group}</summary><div class="fields">${own.map((flag) => field(flag, given[flag.name]))}</div></details>
`,
)}`,
  );
}

/** What the fields say, where it is not the default. */
export function readFields(root: HTMLElement, flags: readonly Flag[]): Given {
  return Object.fromEntries(
    flags.flatMap((flag) => {
      const input = root.querySelector<HTMLInputElement | HTMLSelectElement>(`[name="${flag.name}"]`);
      if (!input) return [];
      const value = flag.kind === 'switch' ? String((input as HTMLInputElement).checked) : input.value.trim();
      return value === '' || value === defaultOf(flag) ? [] : [[flag.name, value]];
    }),
  );
}

/** While a run is going on, nothing can be chosen. */
export function lockFields(root: HTMLElement, locked: boolean): void {
  for (const input of all<HTMLInputElement>('input, select, button', root)) input.disabled = locked;
}

export function setField(root: HTMLElement, name: string, value: string): void {
  const input = one<HTMLInputElement>(`[name="${name}"]`, root);
  input.value = value;
  input.closest('details')?.setAttribute('open', '');
}

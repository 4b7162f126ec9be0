/** The form of the flags: every field is made from the table that the command line is made from. */
import type { Flag } from '@nanscope/settings';
import type { Given } from '../configuration/address.ts';
import type { PageCommand } from '../configuration/commands.ts';
import { all, type Html, html, one, show } from './dom.ts';

/** What a setting can be here, where the command line takes any text. */
interface Offer {
  readonly values: readonly string[];
  /** What nothing chosen means; absent where the flag has a default. */
  readonly nothing?: string;
  /** What the setting is here, where the command line has more. */
  readonly about?: string;
}

/** The devices of any browser; which GPU it is, is said once it is known. */
const devices = ['gpu', 'wasm', 'javascript'] as const;

const offers: Readonly<Record<string, Offer>> = {
  device: {
    values: ['auto', ...devices],
    about: 'auto uses a hardware GPU, else wasm; any other choice is used as it is, or refused',
  },
  reference: { values: ['none', ...devices], nothing: 'the fastest CPU device that is not the target' },
  model: {
    values: ['prose', 'tiny', 'gpt2', 'gpt2-medium'],
    about: 'prose comes with the page; the others have random weights from the seed; or drop your own below',
  },
  policy: {
    values: [],
    about: 'treat masked cells and fully masked rows as the system of this name does',
  },
  data: { values: [], nothing: 'the built-in text', about: 'text to evaluate; drop your own below' },
  tokenizer: { values: ['bytes'], nothing: "the model's own", about: 'how text becomes tokens' },
};

/** What an empty field means. */
const unset: Readonly<Record<string, string>> = {
  limit: 'all rows',
  'max-length': 'at most 128',
  'text-field': 'text',
  filter: 'all',
};

const defaultOf = (flag: Flag): string =>
  'default' in flag && flag.default !== undefined ? String(flag.default) : '';

const option = (value: string, chosen: boolean, label = value): Html =>
  html`<option value="${value}"${chosen && html` selected`}>${label}</option>`;

/** A value from the address that is none of those is shown as well, and judged where the flag is. */
function select(shared: Html, values: readonly string[], chosen: string, nothing: string | undefined): Html {
  const all = values.includes(chosen) || chosen === '' ? values : [...values, chosen];
  return html`<select ${shared}>${nothing !== undefined && option('', chosen === '', nothing)}${all.map((value) => option(value, value === chosen))}</select>`;
}

function control(flag: Flag, id: string, value: string | undefined): Html {
  const shared = html`id="${id}" name="${flag.name}" aria-describedby="${id}-about"`;
  const known = defaultOf(flag);
  const now = value ?? known;
  const offer = offers[flag.name];
  if (flag.kind === 'switch')
    return html`<input type="checkbox" ${shared}${now === 'true' && html` checked`}>`;
  if (flag.kind === 'choice')
    return select(
      shared,
      flag.choices,
      flag.former?.[now] ?? now,
      known === '' ? 'as the policy says' : undefined,
    );
  if (offer) return select(shared, offer.values, now, offer.nothing);
  const numeric = flag.kind === 'integer' || flag.kind === 'number';
  const hint = known === '' ? (unset[flag.name] ?? 'not set') : `${known}, unless set`;
  return html`<input type="text" ${shared} value="${value ?? ''}" placeholder="${hint}" autocomplete="off" autocapitalize="off" spellcheck="false"${
    numeric && html` inputmode="${flag.kind === 'integer' ? 'numeric' : 'decimal'}"`
  }>`;
}

/** Several of a few: each is switched on and off. */
function chips(flag: Flag, id: string, values: readonly string[], value: string | undefined): Html {
  const chosen = (value ?? defaultOf(flag)).split(',').filter(Boolean);
  const all = [...values, ...chosen.filter((one) => !values.includes(one))];
  return html`<fieldset class="field choices" aria-describedby="${id}-about"><legend>${flag.name}</legend><div class="chips">${all.map(
    (one) =>
      html`<label class="chip"><input type="checkbox" name="${flag.name}" value="${one}"${chosen.includes(one) && html` checked`}><span>${one}</span></label>`,
  )}</div><span class="about" id="${id}-about">${about(flag, true)}</span></fieldset>
`;
}

/** The values that chips stand for; undefined for a field of another kind. */
const severalOf = (flag: Flag, { manyDevices }: PageCommand): readonly string[] | undefined =>
  flag.kind === 'choices' ? flag.choices : flag.name === 'device' && manyDevices ? devices : undefined;

function about(flag: Flag, several: boolean): string {
  if (!several || flag.name !== 'device') return offers[flag.name]?.about ?? flag.describe;
  const none = defaultOf(flag) === '' ? '; none chosen: wasm, and the GPU if there is one' : '';
  return `each chosen device runs the same${none}`;
}

function field(flag: Flag, command: PageCommand, value: string | undefined): Html {
  const id = `flag-${flag.name}`;
  const several = severalOf(flag, command);
  if (several) return chips(flag, id, several, value);
  return html`<div class="field ${flag.kind}"><label for="${id}">${flag.name}</label>${control(flag, id, value)}<span class="about" id="${id}-about">${about(flag, false)}</span></div>
`;
}

/** Puts the fields of a command into `root`, set to what is given; all but the first are folded away, by group. */
export function showFields(root: HTMLElement, command: PageCommand, given: Given): void {
  const { flags, first } = command;
  const top = first.flatMap((name) => flags.filter((flag) => flag.name === name));
  const groups = new Map<string, Flag[]>();
  for (const flag of flags)
    if (!top.includes(flag)) groups.set(flag.group, [...(groups.get(flag.group) ?? []), flag]);
  const isSet = (group: readonly Flag[]) => group.some(({ name }) => given[name] !== undefined);
  const fieldOf = (flag: Flag) => field(flag, command, given[flag.name]);
  show(
    root,
    html`<div class="fields first">${top.map(fieldOf)}</div>
${[...groups].map(
  ([group, own]) =>
    html`<details class="group"${isSet(own) && html` open`}><summary>${group}</summary><div class="fields">${own.map(fieldOf)}</div></details>
`,
)}`,
  );
}

type Input = HTMLInputElement | HTMLSelectElement;

const inputsOf = (root: HTMLElement, name: string): Input[] =>
  all<Input>(`[name="${CSS.escape(name)}"]`, root);

const isOn = (input: Input): boolean => input instanceof HTMLInputElement && input.checked;

/** What the fields say, where it is not the default. */
export function readFields(root: HTMLElement, command: PageCommand): Given {
  return Object.fromEntries(
    command.flags.flatMap((flag) => {
      const inputs = inputsOf(root, flag.name);
      const [input] = inputs;
      if (!input) return [];
      if (severalOf(flag, command)) {
        const value = inputs
          .filter(isOn)
          .map((chip) => chip.value)
          .join(',');
        return value === defaultOf(flag) ? [] : [[flag.name, value]];
      }
      const value = flag.kind === 'switch' ? String(isOn(input)) : input.value.trim();
      return value === '' || value === defaultOf(flag) ? [] : [[flag.name, value]];
    }),
  );
}

/** While a run is going on, nothing can be chosen. */
export function lockFields(root: HTMLElement, locked: boolean): void {
  for (const input of all<Input | HTMLButtonElement>('input, select, button', root)) input.disabled = locked;
}

/** Names a choice of a setting: which GPU `gpu` is. */
export function labelChoices(root: HTMLElement, value: string, label: string): void {
  for (const choice of all<HTMLOptionElement>(`option[value="${value}"]`, root)) choice.textContent = label;
  for (const chip of all<HTMLInputElement>(`.chip input[value="${value}"]`, root))
    one('span', chip.parentElement!).textContent = label;
}

/** The field of a setting; undefined for what is none of this form. */
export function fieldNamed(root: HTMLElement, name: string): HTMLElement | undefined {
  return inputsOf(root, name)[0]?.closest<HTMLElement>('.field') ?? undefined;
}

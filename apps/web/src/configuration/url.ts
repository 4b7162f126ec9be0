/** The configuration in the page's address, and back; and the command line that says the same. One parser reads all of them. */
import { type EvalConfig, type FlagValue, resolveFlags, toEvalConfig } from '@nanscope/harness';
import { shellWord } from '@nanscope/report';
import { pageFlags } from './page-flags.ts';

/** Raw values by flag name, as they were typed; what has its default is left out. */
export type Given = Readonly<Record<string, string>>;

/** What the page shows. */
export const views = ['eval', 'claims', 'matrix', 'conform', 'doctor'] as const;
export type View = (typeof views)[number];

export interface Address {
  readonly view: View;
  readonly given: Given;
}

const isView = (name: string | null): name is View => views.includes(name as View);

/** `?policy=torch-mps-2.8&device=gpu`, with `view=` for any other than `eval`. */
export function readAddress(search: string): Address {
  const parameters = new URLSearchParams(search);
  const view = parameters.get('view');
  parameters.delete('view');
  return { view: isView(view) ? view : 'eval', given: Object.fromEntries(parameters) };
}

export function writeAddress({ view, given }: Address): string {
  const parameters = new URLSearchParams(view === 'eval' ? {} : { view });
  for (const [name, value] of Object.entries(given)) parameters.set(name, value);
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** @throws {UserError} for a name that is no flag, and for a value that is none of its values */
export const configOf = (given: Given): EvalConfig => toEvalConfig(resolveFlags(pageFlags, given, undefined));

const flagWords = (name: string, value: FlagValue): string => {
  const flag = pageFlags.find((known) => known.name === name);
  if (flag?.kind === 'switch') return String(value) === 'true' ? `--${name}` : `--no-${name}`;
  return String(value).startsWith('-')
    ? shellWord(`--${name}=${value}`)
    : `--${name} ${shellWord(String(value))}`;
};

/** The equal command line. */
export const commandOf = (given: Given, command = 'eval'): string =>
  ['nanscope', command, ...Object.entries(given).map(([name, value]) => flagWords(name, value))].join(' ');

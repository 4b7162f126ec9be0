/**
 * What a flag is: its name, its kind, its default and its one-line description, written once. The command
 * line, the config file, `--help` and the table in docs/ are all made from these records.
 */
import { nearest, UserError } from '@nanscope/errors';

/** What another value of a flag changes: which settings two runs may differ in, what a resumed run takes over, and more lists follow from it. */
export const effects = {
  numbers: 'what is computed: runs that differ in it are not compared with each other',
  policy: 'the masking policy, which is compared as the policy it makes, however it was spelled',
  device: 'who computes it: runs of two devices are there to be compared',
  tracing: 'what is watched and kept of it, with the same numbers',
  verdict: 'how far apart two numbers may be, and how a difference is looked into',
  output: 'how the result is shown, its exit code included',
  place: 'what is written beside it, where and when',
  waiting: 'how long anything may take',
} as const;

export type Effect = keyof typeof effects;

export interface FlagBase {
  /** As typed, without the dashes. */
  readonly name: string;
  readonly describe: string;
  /** Heading in `--help`. */
  readonly group: string;
  readonly affects: Effect;
  /** Whether it is about what only a command line can reach (a file, a folder, a Python): a page has no such flag. */
  readonly disk?: true;
  /** What stands for the value in `--help`: `DIR`, `N`. */
  readonly value?: string;
  /** Values to offer while one types; any other is taken too. A choice offers its choices. */
  readonly suggest?: readonly string[];
  /** Whether the short `--help` shows it; the others stand in `--help-all`. */
  readonly common?: true | undefined;
}

export type Flag =
  | (FlagBase & {
      readonly kind: 'text';
      readonly default?: string;
      /** Its value is a device name, one or `none`, or several joined by commas: checked by the table of devices. */
      readonly devices?: 'one' | 'one or none' | 'several';
      /** Values of other flags that follow from it, where these are not given. @throws {UserError} for a text that is none of its own */
      readonly implies?: (text: string) => Readonly<Record<string, string>>;
    })
  /** May be given more than once; in a config file a list, or one text. */
  | (FlagBase & { readonly kind: 'texts'; readonly default?: undefined })
  | (FlagBase & {
      readonly kind: 'choice';
      readonly choices: readonly string[];
      readonly default?: string;
      /** Values that had another name before: still taken, and meant. */
      readonly former?: Readonly<Record<string, string>>;
      /** What to say of a value that does not exist, where its spelling says little. */
      readonly hint?: (value: string) => string | undefined;
      /** The default where a device is PyTorch's. */
      readonly torchDefault?: string;
    })
  /** A list of them: joined by commas, or in a config file a list. No value twice, at least one. */
  | (FlagBase & {
      readonly kind: 'choices';
      readonly choices: readonly string[];
      readonly default?: readonly string[];
    })
  | (FlagBase & {
      readonly kind: 'integer';
      readonly min: number;
      readonly default?: number;
      /** The value when the flag is given without one; absent: it needs one. In a config file `true`. */
      readonly bare?: number;
    })
  | (FlagBase & {
      readonly kind: 'number';
      readonly min: number;
      readonly default?: number;
      /** The default under each `--dtype` but float32. */
      readonly halfDefault?: Readonly<Record<string, number>>;
    })
  | (FlagBase & { readonly kind: 'switch'; readonly default?: boolean });

export type FlagValue = string | number | boolean | readonly string[];

/** Settings by flag name; a missing key is a flag that was not given and has no default. */
export type FlagValues = Readonly<Record<string, FlagValue>>;

function wrong(where: string, expected: string, found: unknown, help = ''): UserError {
  const shown = typeof found === 'string' ? `"${found}"` : JSON.stringify(found);
  return new UserError('usage/bad-value', `${where}: expected ${expected}, found ${shown}.${help}`);
}

function parseChoice(
  flag: Pick<Flag & { kind: 'choice' }, 'choices' | 'hint' | 'former'>,
  raw: unknown,
  where: string,
): string {
  const text = flag.former?.[String(raw)] ?? String(raw);
  if (flag.choices.includes(text)) return text;
  const hint = flag.hint?.(text);
  const near = nearest(text, flag.choices);
  const help = hint !== undefined ? ` ${hint}.` : near ? ` Did you mean ${near}?` : '';
  throw wrong(where, `one of ${flag.choices.join(', ')}`, raw, help);
}

function parseChoices(flag: Flag & { kind: 'choices' }, raw: unknown, where: string): string[] {
  const words = (Array.isArray(raw) ? raw : String(raw).split(',')).map((word) => String(word).trim());
  for (const word of words) parseChoice(flag, word, where);
  if (words.length > 0 && new Set(words).size === words.length) return words;
  throw wrong(where, `some of ${flag.choices.join(', ')}, each once`, raw);
}

function parseNumber(flag: Flag & { kind: 'integer' | 'number' }, raw: unknown, where: string): number {
  if (flag.kind === 'integer' && flag.bare !== undefined && (raw === '' || raw === true)) return flag.bare;
  const value =
    typeof raw === 'number' ? raw : typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : Number.NaN;
  const whole = flag.kind === 'integer';
  const fits = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (fits && value >= flag.min) return value;
  throw wrong(where, `${whole ? 'a whole number' : 'a number'} of at least ${flag.min}`, raw);
}

/**
 * Checks one raw value (from the command line: a string; from a config file: what YAML made of it).
 *
 * @param where How to name the flag in an error: `--batch-size`, or `batch-size in eval.yaml`.
 * @throws {UserError} `usage/bad-value`
 */
export function parseFlag(flag: Flag, raw: unknown, where: string): FlagValue {
  switch (flag.kind) {
    case 'text':
      if ((typeof raw === 'string' && raw !== '') || typeof raw === 'number') return String(raw);
      throw wrong(where, flag.value ?? 'a text', raw);
    case 'texts': {
      const texts = Array.isArray(raw) ? raw : [raw];
      if (texts.every((text) => typeof text === 'string')) return texts;
      throw wrong(where, `${flag.value ?? 'a text'}, once or as a list`, raw);
    }
    case 'choice':
      return parseChoice(flag, raw, where);
    case 'choices':
      return parseChoices(flag, raw, where);
    case 'integer':
    case 'number':
      return parseNumber(flag, raw, where);
    case 'switch':
      if (typeof raw === 'boolean') return raw;
      if (raw === 'true' || raw === 'false') return raw === 'true';
      throw wrong(where, 'true or false', raw);
    default:
      flag satisfies never;
      throw new Error('unreachable');
  }
}

// What another value of a flag changes. Which settings two runs may differ in, what a resumed run takes over, what is
// passed on to another command: all follow from this one word in the row of a flag, so that a new flag is in the right
// lists from its first day.

/** Names of the flags that have one of these effects, in the order of the table. */
export function flagNames(flags: readonly Flag[], ...wanted: readonly Effect[]): string[] {
  return flags.filter(({ affects }) => wanted.includes(affects)).map(({ name }) => name);
}

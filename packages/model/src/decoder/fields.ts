/**
 * Reads the settings of one config.json, with the defaults of transformers' class where a key is absent, and says by
 * name and value what is of the wrong type. A key that is null stands for "none" where the class allows it, and for
 * absent where it does not.
 */
import { UserError } from '@nanscope/errors';
import {
  type ActivationName,
  activationHint,
  activationNames,
  isActivationName,
} from '../gpt2/activations.ts';

type Json = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as a message shows it. JSON has no infinity, but 1e400 is read as one. */
const shown = (value: unknown): string =>
  (typeof value === 'number' ? String(value) : JSON.stringify(value))?.slice(0, 80) ?? 'undefined';

export class Fields {
  readonly json: Json;
  /** What every message begins with: the file's path, or the key above. */
  readonly where: string;
  readonly #read: Set<string>;
  readonly #remarks: string[];

  constructor(json: unknown, where: string, read = new Set<string>(), remarks: string[] = []) {
    this.where = where;
    this.#read = read;
    this.#remarks = remarks;
    this.json = isRecord(json) ? json : this.refuse('expected a JSON object.');
  }

  /** The same file with other settings in it. */
  over(json: Json): Fields {
    return new Fields(json, this.where, this.#read, this.#remarks);
  }

  /** Keys that nothing has asked for so far, in the file's order. */
  get unread(): readonly string[] {
    return Object.keys(this.json).filter((key) => !this.#read.has(key));
  }

  /** What was said of settings that are read and have no effect, of this object and of those below it. */
  get remarks(): readonly string[] {
    return this.#remarks;
  }

  remark(text: string): void {
    if (!this.#remarks.includes(text)) this.#remarks.push(text);
  }

  value(key: string): unknown {
    this.#read.add(key);
    return this.json[key];
  }

  /** @throws UserError always */
  refuse(message: string): never {
    throw new UserError('model/config', `${this.where}: ${message}`);
  }

  /** @throws UserError `KEY is VALUE, WHY.` */
  refuseValue(key: string, why: string): never {
    return this.refuse(`${key} is ${shown(this.json[key])}, ${why}.`);
  }

  has(key: string): boolean {
    return this.value(key) !== undefined && this.value(key) !== null;
  }

  /** A whole number of at least 1. */
  size(key: string, absent: number): number {
    return this.#given(key, absent, isSize, 'expected a whole number of at least 1');
  }

  /** How many there are of what is listed one by one: likewise, and no more than anybody has. */
  count(key: string, absent: number): number {
    const most = 10_000;
    const value = this.size(key, absent);
    return value <= most ? value : this.refuseValue(key, `expected at most ${most}`);
  }

  /** Likewise, or null where the key is null. */
  sizeOrNull(key: string, absent: number | null): number | null {
    if (this.value(key) === null || (absent === null && !this.has(key))) return null;
    return this.size(key, absent ?? 1);
  }

  number(key: string, absent: number): number {
    return this.#given(key, absent, isNumber, 'expected a finite number');
  }

  /** A finite number of at least 0. */
  atLeastZero(key: string, absent: number): number {
    return this.#given(
      key,
      absent,
      (x): x is number => isNumber(x) && x >= 0,
      'expected a finite number of at least 0',
    );
  }

  /** A finite number above 0. */
  positive(key: string, absent: number): number {
    return this.#given(
      key,
      absent,
      (x): x is number => isNumber(x) && x > 0,
      'expected a finite number above 0',
    );
  }

  /** Likewise, or null where the key is null. */
  positiveOrNull(key: string, absent: number | null): number | null {
    if (this.value(key) === null || (absent === null && !this.has(key))) return null;
    return this.positive(key, absent ?? 1);
  }

  /** A rate from 0 to 1. */
  rate(key: string, absent: number): number {
    return this.#given(
      key,
      absent,
      (x): x is number => isNumber(x) && x >= 0 && x <= 1,
      'expected a number from 0 to 1',
    );
  }

  flag(key: string, absent: boolean): boolean {
    return this.#given(key, absent, (x): x is boolean => typeof x === 'boolean', 'expected true or false');
  }

  /** A token id, or null. */
  token(key: string, absent: number | null): number | null {
    const value = this.value(key) === undefined ? absent : this.value(key);
    if (value === null) return null;
    return Number.isInteger(value) ? (value as number) : this.refuseValue(key, 'expected a token id or null');
  }

  /** A token id, a list of them, or null. */
  tokens(key: string, absent: number | readonly number[] | null): number | readonly number[] | null {
    const value = this.value(key) === undefined ? absent : this.value(key);
    if (!Array.isArray(value)) return this.token(key, typeof absent === 'number' ? absent : null);
    if (value.every((id) => Number.isInteger(id))) return value;
    return this.refuseValue(key, 'expected a token id, a list of them or null');
  }

  numbers(key: string): readonly number[] {
    const value = this.value(key);
    if (Array.isArray(value) && value.every(isNumber)) return value;
    return this.refuseValue(key, 'expected a list of numbers');
  }

  /** An object below this one, or undefined where there is none. */
  below(key: string): Fields | undefined {
    if (!this.has(key)) return undefined;
    return new Fields(this.value(key), `${this.where}: ${key}`, undefined, this.#remarks);
  }

  activation(key: string, absent: ActivationName): ActivationName {
    const name = this.has(key) ? this.value(key) : absent;
    if (isActivationName(name)) return name;
    return this.refuse(
      `${key} is ${shown(name)}${activationHint(name)}, expected one of ${activationNames.join(', ')}.`,
    );
  }

  #given<T>(key: string, absent: T, is: (value: unknown) => value is T, expected: string): T {
    if (!this.has(key)) return absent;
    const value = this.value(key);
    return is(value) ? value : this.refuseValue(key, expected);
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isSize = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;

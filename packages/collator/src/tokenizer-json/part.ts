/**
 * Reading one part of a tokenizer.json: its settings by name, and the words that refuse what is not known here. A part
 * that is not run exactly as Hugging Face's tokenizers runs it is refused, never approximated: other ids are other numbers.
 */
import { isObject, type JsonObject } from '../json-error.ts';

/** A part of a tokenizer.json that cannot be run here; the message completes "cannot be used: ". */
export class UnusablePart extends Error {}

/** A part with its `type`, such as `{ type: 'Split', pattern, behavior }`. */
export class Part {
  readonly type: string;
  readonly #stage: string;
  readonly #settings: JsonObject;

  /** @param stage what it is a part of, such as `pre-tokenizer`, for messages */
  constructor(stage: string, settings: unknown) {
    if (!isObject(settings) || typeof settings.type !== 'string')
      throw new UnusablePart(`its ${stage} is ${shown(settings)}; expected an object with a type`);
    this.type = settings.type;
    this.#stage = stage;
    this.#settings = settings;
  }

  /** @throws {UnusablePart} for a setting that is not among `names`: it might change ids */
  only(...names: readonly string[]): this {
    const other = Object.keys(this.#settings).find((name) => name !== 'type' && !names.includes(name));
    if (other === undefined) return this;
    throw this.unusable(`has the setting ${JSON.stringify(other)}, which is not known here`);
  }

  boolean(name: string, otherwise: boolean): boolean {
    return this.#read(name, 'true or false', (value) => typeof value === 'boolean', otherwise);
  }

  string(name: string, otherwise?: string): string {
    return this.#read(name, 'a string', (value) => typeof value === 'string', otherwise);
  }

  count(name: string, otherwise?: number): number {
    const whole = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
    return this.#read(name, 'a whole number', whole, otherwise);
  }

  array(name: string): readonly unknown[] {
    return this.#read(name, 'a list', Array.isArray);
  }

  object(name: string): JsonObject {
    return this.#read(name, 'an object', isObject);
  }

  /** The setting as it is; undefined and null are the same. */
  any(name: string): unknown {
    return this.#settings[name] ?? undefined;
  }

  unusable(found: string): UnusablePart {
    return new UnusablePart(`its ${this.#stage} ${this.type} ${found}`);
  }

  /** @throws {UnusablePart} that names what is known instead of this type */
  unknown(known: readonly string[]): never {
    throw new UnusablePart(
      `its ${this.#stage} is ${JSON.stringify(this.type)}; known are ${known.join(', ')}`,
    );
  }

  #read<Value>(name: string, expected: string, fits: (value: unknown) => boolean, otherwise?: Value): Value {
    const value = this.any(name) ?? otherwise;
    if (fits(value)) return value as Value;
    throw this.unusable(`has ${name} ${shown(value)}; expected ${expected}`);
  }
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'missing').slice(0, 60);

/** What makes something of a part, by the part's type. */
export type Makers<Made> = Readonly<Record<string, (part: Part) => Made>>;

/** @throws {UnusablePart} for a type that no maker is there for */
export function madeOf<Made>(stage: string, settings: unknown, makers: Makers<Made>): Made {
  const part = new Part(stage, settings);
  const make = Object.hasOwn(makers, part.type) ? makers[part.type] : undefined;
  return make ? make(part) : part.unknown(Object.keys(makers));
}

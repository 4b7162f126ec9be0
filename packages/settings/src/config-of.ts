/** The type of a configuration, derived from the rows of its flags. Types only. */
import type { Flag } from './flag.ts';

type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

type ValueOf<Row extends Flag> = Row extends { kind: 'choice'; choices: readonly (infer Choice)[] }
  ? Choice
  : Row extends { kind: 'choices'; choices: readonly (infer Choice)[] }
    ? readonly Choice[]
    : Row extends { kind: 'texts' }
      ? readonly string[]
      : Row extends { kind: 'integer' | 'number' }
        ? number
        : Row extends { kind: 'switch' }
          ? boolean
          : string;

type Defaulted<Row> = Row extends { default: NonNullable<unknown> } ? Row : never;

/** Every flag under its name in code; one without a default may be absent. */
export type ConfigOf<Row extends Flag> = {
  readonly [One in Defaulted<Row> as Camel<One['name']>]: ValueOf<One>;
} & { readonly [One in Exclude<Row, Defaulted<Row>> as Camel<One['name']>]?: ValueOf<One> };

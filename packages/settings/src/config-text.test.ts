import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { evalFlags } from './eval-flags.ts';
import type { Flag } from './flag.ts';
import { matrixFlags } from './matrix-flags.ts';
import { configSchema, configText, resolveFlags } from './resolve-flags.ts';
import { trainFlags } from './train-flags.ts';

const tables: Record<string, readonly Flag[]> = { eval: evalFlags, train: trainFlags, matrix: matrixFlags };

describe.each(Object.entries(tables))('the config file of %s', (command, flags) => {
  const text = configText(command, flags, './x.schema.json', 'x.yaml');

  it('sets nothing as it is written', () => {
    expect(parse(text)).toBeNull();
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/x\.schema\.json\n/);
  });

  it('with every key set is what the defaults are', () => {
    const names = flags.map(({ name }) => name);
    const set = text.replace(/^#([a-z0-9-]+):/gm, (line, name: string) =>
      names.includes(name) ? `${name}:` : line,
    );
    const values = parse(set) as Record<string, unknown>;
    expect(Object.keys(values).sort()).toEqual([...names].sort());
    // What has no default has no value, but for switches, whose comment shows how one is set.
    const given = Object.fromEntries(
      Object.entries(values).filter(([name]) =>
        flags.some((flag) => flag.name === name && flag.default !== undefined),
      ),
    );
    const path = 'x.yaml';
    expect(resolveFlags(flags, {}, { path, values: given })).toEqual(resolveFlags(flags, {}, undefined));
  });

  it('has a schema with every flag, its default and its choices, and nothing else', () => {
    const schema = configSchema(command, flags) as {
      additionalProperties: boolean;
      properties: Record<
        string,
        { default?: unknown; anyOf: { enum?: unknown; type?: unknown; minimum?: unknown }[] }
      >;
    };
    expect(schema.additionalProperties).toBe(false);
    expect(Object.keys(schema.properties)).toEqual(flags.map(({ name }) => name));
    for (const flag of flags) {
      const { default: preset, anyOf } = schema.properties[flag.name]!;
      expect(preset).toEqual(flag.default);
      if (flag.kind === 'choice')
        expect(anyOf[0]).toEqual({ enum: [...flag.choices, ...Object.keys(flag.former ?? {})] });
      if (flag.kind === 'number') expect(anyOf[0]).toEqual({ type: 'number', minimum: flag.min });
    }
  });
});

/**
 * `nanscope report` on what every kind of result may have become on its way: cut off, of another version, of another
 * kind, with a field of another type. One clear line each time; and no reporter lets hostile text act.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { readRecord } from '@nanscope/harness';
import {
  type AnyRecord,
  claimsSchema,
  conformResultSchema,
  doctorSchema,
  generationSchema,
  matrixSchema,
  reducedOpSchema,
  reducedSchema,
  resultSchema,
  selftestSchema,
  stringifyExact,
  trainResultSchema,
} from '@nanscope/record';
import { reporters } from '@nanscope/report';
import { afterAll, describe, expect, it } from 'vitest';
import {
  bothNaN,
  claims,
  conformed,
  diagnosed,
  generated,
  matrix,
  misled,
  reduced,
  reducedOp,
  trained,
} from '../../packages/report/src/fixtures.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-hostile-'));
afterAll(() => rmSync(base, { recursive: true }));
let count = 0;

const records: Record<string, AnyRecord> = {
  eval: bothNaN,
  train: trained,
  generate: generated,
  matrix,
  claims,
  conform: conformed,
  selftest: misled,
  doctor: diagnosed,
  reduce: reduced,
  'reduce-op': reducedOp,
};

/** What reading a run folder with this run.json comes to. */
function read(text: string): AnyRecord | UserError {
  const folder = join(base, String(count++));
  mkdirSync(folder);
  writeFileSync(join(folder, 'run.json'), text);
  try {
    return readRecord(folder).record;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

function expectLine(found: ReturnType<typeof read>, message: RegExp): void {
  expect(found).toBeInstanceOf(UserError);
  expect(found).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
  expect((found as UserError).message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
}

const changed = (record: AnyRecord, changes: object) => read(stringifyExact({ ...record, ...changes }));

describe.each(Object.entries(records))('%s', (kind, record) => {
  const text = stringifyExact(record);

  it('is read back as it was', () => {
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it('cut off anywhere is one line', () => {
    for (let at = 1; at < text.length; at += Math.ceil(text.length / 40))
      expectLine(read(text.slice(0, at)), /run\.json: expected JSON, found /);
  });

  it('of another version is one line that names both', () => {
    const version = 'schema' in record ? { schema: `nanscope-${kind}/99` } : { schemaVersion: 99 };
    expectLine(
      changed(record, version),
      /expected schema(Version)? \S+, found .*99.*Read it with the nanscope/,
    );
    const missing = { schema: undefined, schemaVersion: undefined };
    expectLine(changed(record, missing), /schemaVersion|expected schema nanscope-/);
  });

  it('of a kind that is none, or with a field of another type, is one line that names the field', () => {
    expectLine(changed(record, { kind: 'recipe\u001b[2J\n' }), /./);
    for (const key of Object.keys(record).filter((name) => !/^(schema|schemaVersion|kind)$/.test(name)))
      expectLine(changed(record, { [key]: [[{}]] }), new RegExp(`wrong field ${key}`));
  });
});

const schemas = {
  ...{ eval: resultSchema, compare: resultSchema, train: trainResultSchema, matrix: matrixSchema },
  ...{ claims: claimsSchema, conform: conformResultSchema, selftest: selftestSchema, doctor: doctorSchema },
  generate: generationSchema,
  reduce: reducedSchema,
  'reduce-op': reducedOpSchema,
} as const;

/** What a terminal, a page, XML, Markdown or a workflow command might obey. */
const poison = `../../etc/passwd</script><script>alert(1)</script><img src=x onerror=alert(1)>"'\`%0A::error::x\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\u2066\u200b\r\n::add-mask::y\n| a | **b** ]]>`;

/** The record with the poison behind every string that its schema leaves free. */
function poisoned(record: AnyRecord): AnyRecord {
  const leaves: (readonly PropertyKey[])[] = [];
  const walk = (value: unknown, path: readonly PropertyKey[]): void => {
    if (typeof value === 'string') leaves.push(path);
    else if (value !== null && typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(record, []);
  const result = JSON.parse(stringifyExact(record));
  let free = 0;
  for (const path of leaves) {
    const [place, key] = [path.slice(0, -1).reduce((inner, name) => inner[name], result), path.at(-1)!];
    const before = place[key];
    place[key] += poison;
    if (schemas[record.kind].safeParse(result).success) free++;
    else place[key] = before;
  }
  expect(free).toBeGreaterThan(leaves.length / 3);
  return result;
}

describe.each(Object.entries(records))('hostile text in every free field of %s', (_, record) => {
  const hostile = poisoned(record);
  const style = { width: 100, color: false };

  it('does nothing on a terminal or in JSON, Markdown and JUnit', () => {
    for (const name of ['terminal', 'json', 'markdown', 'junit', 'github'] as const) {
      const text = reporters[name].render({ record: hostile }, style);
      const printed = text.replaceAll('\n', '');
      expect(printed, name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(text, name).not.toMatch(/^::add-mask/m);
      if (name === 'junit') expect(text).not.toMatch(/<(script|img)/);
      if (name === 'markdown')
        expect(text.replace(/^(`{3,})(?:sh|text)\n[\s\S]*?^\1$/gm, '')).not.toMatch(/<(script|img)/);
    }
  });

  it('makes no element and no attribute of a page', () => {
    const tagsOf = (page: string) =>
      new Set(
        page.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '').match(/<[a-z][\w-]*(?: [\w-]+(?==))?/gi),
      );
    const page = reporters.html.render({ record: hostile });
    const known = tagsOf(reporters.html.render({ record }));
    expect([...tagsOf(page)].filter((tag) => !known.has(tag))).toEqual([]);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

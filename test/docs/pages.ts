/** The pages for users as data: their text, their fenced blocks, and the markers that tie a part to the code. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const root = new URL('../../', import.meta.url);

/** A path from the root of the repository as one of the file system. */
export const at = (path: string) => fileURLToPath(new URL(path, root));

/** Every page, by its path from the root. */
export const pages: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  'apps/nanscope/README.md',
  ...readdirSync(at('docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export const textOf = (page: string) => readFileSync(at(page), 'utf8').replaceAll('\r\n', '\n');

export interface Block {
  readonly language: string;
  readonly text: string;
}

/** Fenced blocks in order. */
export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
    language,
    text: body.trimEnd(),
  }));
}

/** The part between `<!-- name:begin -->` and `<!-- name:end -->` is what it should be; UPDATE_DOCS=1 writes it. */
export function expectPart(
  page: string,
  name: string,
  wanted: string,
  same: (found: string, wanted: string) => void = (found, text) =>
    expect(found, `${page}, ${name}: run it again with UPDATE_DOCS=1`).toBe(text),
): void {
  const text = textOf(page);
  const pattern = new RegExp(`(<!-- ${name}:begin -->\n)([\\s\\S]*?)(<!-- ${name}:end -->)`);
  const [, , found] = pattern.exec(text) ?? [];
  if (found === undefined) throw new Error(`${page} has no part ${name}`);
  if (process.env.UPDATE_DOCS)
    writeFileSync(
      at(page),
      text.replace(pattern, (_, begin: string, __, end: string) => `${begin}${wanted}\n${end}`),
    );
  else same(found, `${wanted}\n`);
}

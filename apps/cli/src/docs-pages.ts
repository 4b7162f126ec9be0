/** The pages of docs/, wherever this copy has them, and a search over their sections. The search is pure. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface DocsPage {
  /** The name of its file, without `.md`. */
  readonly name: string;
  readonly text: string;
}

export interface Section {
  readonly page: string;
  /** The heading of the section; that of the page for what stands above its first. */
  readonly heading: string;
  readonly lines: readonly string[];
}

/** In a package beside its modules, where the build puts them; in a checkout at its root. */
const places = ['./pages', '../../../docs'].map((place) => fileURLToPath(new URL(place, import.meta.url)));

/** In the order of their names; README.md is the list of all and no page. */
export function docsPages(): readonly DocsPage[] {
  const folder = places.find((place) => existsSync(place));
  if (folder === undefined) throw new Error('The pages of the documentation are not beside the program.');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => ({
      name: name.slice(0, -'.md'.length),
      text: readFileSync(join(folder, name), 'utf8').replace(/^<!--.*-->\n/gm, ''),
    }));
}

/** What a page is called, and what its reader will be able to do: its heading and its second line. */
export function aboutPage({ name, text }: DocsPage): { readonly title: string; readonly about: string } {
  const title = /^# (.+)$/m.exec(text)?.[1] ?? name;
  // In the list there is no "able to" for a second "to" to follow.
  const about = (/^You will be able to (.+?)\.?$/m.exec(text)?.[1] ?? '').replaceAll(', and to ', ', and ');
  return { title, about };
}

/** A page cut at its headings; what looks like one in a block of code is none. */
export function sectionsOf({ name, text }: DocsPage): Section[] {
  const sections: { page: string; heading: string; lines: string[] }[] = [];
  let fenced = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced;
    const heading = fenced ? undefined : /^#{1,4} (.+)$/.exec(line)?.[1];
    if (heading !== undefined) sections.push({ page: name, heading, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

export interface Hit extends Section {
  /** The paragraph, item or row of a table that holds most of the words; cut where it is long. */
  readonly excerpt: string;
}

/** Characters of an excerpt. */
const EXCERPT = 240;

/** Paragraphs, items of a list and rows of a table, each on one line; no code, and no line that says whom a page is for. */
function partsOf(lines: readonly string[]): string[] {
  const parts: string[] = [];
  let open = false;
  let fenced = false;
  for (const [at, line] of lines.entries()) {
    if (line.startsWith('```')) fenced = !fenced;
    const text = line.trim();
    const isHead = lines[at + 1]?.startsWith('|-') ?? false;
    const skip = isHead || fenced || text === '' || /^(```|<!--|\|-|For |You will be able to )/.test(text);
    if (skip || /^([|*-]|\d+\.) ?/.test(text)) open = false;
    if (skip) continue;
    if (open) parts.push(`${parts.pop()} ${text}`);
    else parts.push(text);
    open = !text.startsWith('|');
  }
  return parts;
}

const cut = (text: string) => (text.length > EXCERPT ? `${text.slice(0, EXCERPT - 1).trimEnd()}…` : text);

const count = (text: string, word: string): number => text.toLowerCase().split(word).length - 1;

/**
 * @param words in any case; a section has to hold all of them, or where none does, as many as any one holds
 * @returns the best first: words in a heading say more than words below it
 */
export function searchDocs(pages: readonly DocsPage[], words: readonly string[], most: number): Hit[] {
  const wanted = [...new Set(words.map((word) => word.toLowerCase()))];
  const scored = pages.flatMap(sectionsOf).map((section) => {
    const { page, heading, lines } = section;
    const body = lines.join('\n');
    const held = wanted.filter((word) => count(`${page} ${heading} ${body}`, word) > 0).length;
    const score = wanted.reduce(
      (sum, word) => sum + 4 * count(heading, word) + 2 * count(page, word) + Math.min(4, count(body, word)),
      0,
    );
    const holds = (line: string) => wanted.filter((word) => count(line, word) > 0).length;
    const [first = '', ...others] = partsOf(lines);
    const excerpt = others.reduce((best, part) => (holds(part) > holds(best) ? part : best), first);
    return { ...section, excerpt: cut(excerpt), held, score };
  });
  const best = Math.max(0, ...scored.map(({ held }) => held));
  if (best === 0) return [];
  return scored
    .filter(({ held }) => held === best)
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ held: _, score: __, ...hit }) => hit);
}

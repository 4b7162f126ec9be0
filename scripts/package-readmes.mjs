/**
 * The README of each package, made from what the package says of itself: the description in its package.json, what its
 * entries export with the first sentence of the module behind it, and its place in import-table.mjs. Run by `pnpm docs:packages`;
 * a test fails when one is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTable } from './import-table.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} Exported
 * @property {string[]} values
 * @property {string[]} types
 */

/** The first sentence of the paragraph that a module opens with; empty where there is none. @param {string} text */
function firstSentence(text) {
  const [, comment = ''] = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(text) ?? [];
  const words = comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/@(?:module|example)[\s\S]*/, '')
    .replace(/\s+/g, ' ')
    .trim();
  return (/^.*?\.(?= |$)/.exec(words)?.[0] ?? words).replaceAll('|', '\\|');
}

/** Names that a module declares and exports itself. @param {string} text @returns {Exported} */
function declared(text) {
  const found = [
    ...text.matchAll(/^export (?:declare )?(?:async )?(function\*?|const|class|interface|type) (\w+)/gm),
  ];
  const named = (/** @type {boolean} */ types) =>
    found
      .filter(([, kind]) => /interface|type/.test(/** @type {string} */ (kind)) === types)
      .map(([, , name]) => /** @type {string} */ (name));
  return { values: named(false), types: named(true) };
}

/**
 * What an entry hands on, by the module that it comes from, in the order in which it is written.
 *
 * @param {string} file
 * @param {string} [skipped] a module that is not followed
 * @returns {Map<string, Exported>}
 */
function exportsOf(file, skipped) {
  const text = readFileSync(file, 'utf8');
  /** @type {Map<string, Exported>} */
  const modules = new Map();
  const add = (/** @type {string} */ path, /** @type {Exported} */ more) => {
    const { values, types } = modules.get(path) ?? { values: [], types: [] };
    modules.set(path, { values: [...values, ...more.values], types: [...types, ...more.types] });
  };
  for (const [, onlyTypes, names, from] of text.matchAll(
    /^export (type )?(\*|\{[^}]*\}) from '(\.[^']+|@nanscope\/[^']+)';/gm,
  )) {
    const place = /** @type {string} */ (from);
    const path = place.startsWith('.') ? resolve(dirname(file), place) : place;
    if (path === skipped) continue;
    if (names === '*') {
      if (path === place)
        throw new Error(`${file}: expected names handed on from ${place}, found *; name them`);
      const inner = exportsOf(path);
      if (inner.size === 0) add(path, declared(readFileSync(path, 'utf8')));
      else for (const [module, exported] of inner) add(module, exported);
      continue;
    }
    const listed = /** @type {string} */ (names)
      .slice(1, -1)
      .split(',')
      .map((name) => name.trim().replace(/^.* as /, (words) => (words.startsWith('type ') ? 'type ' : '')))
      .filter(Boolean);
    add(path, {
      values: onlyTypes ? [] : listed.filter((name) => !name.startsWith('type ')),
      types: onlyTypes
        ? listed
        : listed.filter((name) => name.startsWith('type ')).map((name) => name.slice(5)),
    });
  }
  return modules;
}

const code = (/** @type {string[]} */ names) => names.map((name) => `\`${name}\``).join(', ');

/** @param {Map<string, Exported>} modules @param {string} folder of the package */
function exportTable(modules, folder) {
  const rows = [...modules].map(([path, { values, types }]) => {
    const names = [code(values), types.length > 0 ? `types ${code(types)}` : ''].filter(Boolean).join('; ');
    if (path.startsWith('@')) return `| ${names} | [${path}](../${path.split('/')[1]}) | |`;
    const from = path.slice(folder.length + 1).replaceAll('\\', '/');
    return `| ${names} | [${from.replace(/^src\//, '')}](${from}) | ${firstSentence(readFileSync(path, 'utf8'))} |`;
  });
  return `| exports | from | |\n|---|---|---|\n${rows.join('\n')}\n`;
}

const links = (/** @type {readonly string[]} */ names) =>
  names
    .map((name) => `[${name}](../${existsSync(join(root, 'packages', name)) ? '' : '../apps/'}${name})`)
    .join(', ') || 'nothing';

/** @param {string} name of the package's folder @returns {string} */
export function readme(name) {
  const folder = join(root, 'packages', name);
  const { description } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const [index, browser] = ['index', 'browser'].map((entry) => join(folder, 'src', `${entry}.ts`));
  const both = existsSync(/** @type {string} */ (browser));
  const parts = both
    ? [
        `## In Node and in a browser\n\n${exportTable(exportsOf(/** @type {string} */ (browser)), folder)}`,
        `## In Node alone\n\n${exportTable(exportsOf(/** @type {string} */ (index), browser), folder)}`,
      ]
    : [`## What it exports\n\n${exportTable(exportsOf(/** @type {string} */ (index)), folder)}`];
  const above = Object.keys(importTable).filter((other) => importTable[other]?.includes(name));
  return `# @nanscope/${name}

${description}

A package of [nanscope](../../README.md), which shows where a NaN is born, how it spreads, and whether the GPU and the CPU agree about it.

May import: ${links(importTable[name] ?? [])}.
May be imported by: ${links(above)}.

${parts.join('\n')}
Made from the sources by \`pnpm docs:packages\`; a test fails when it is stale.
`;
}

/** Folders of the packages that have one. */
export const packageNames = Object.keys(importTable).filter((name) =>
  existsSync(join(root, 'packages', name)),
);

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const name of packageNames) writeFileSync(join(root, 'packages', name, 'README.md'), readme(name));

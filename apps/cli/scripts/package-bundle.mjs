/**
 * The bundle of the published package: `dist/bundle`, beside the modules that tsc made, which run with a third party's backend. With it
 * go the licences of the packages whose text is in it. Run by the build.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBundle } from './make-bundle.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const place = fileURLToPath(new URL('../dist/bundle', import.meta.url));

await rm(place, { recursive: true, force: true });
await mkdir(place, { recursive: true });
const files = await makeBundle(root, place, { packed: true });

// The pages that `nanscope docs` prints.
const pages = fileURLToPath(new URL('../dist/pages', import.meta.url));
await rm(pages, { recursive: true, force: true });
await cp(join(root, 'docs'), pages, {
  recursive: true,
  filter: (path) => path === join(root, 'docs') || path.endsWith('.md'),
});

const packages = new Set(
  files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []),
);
const texts = [...packages].sort().map(async (folder) => {
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt']
    .map((name) => join(root, folder, name))
    .find(existsSync);
  if (file === undefined) throw new Error(`${folder} has no licence to go with its text`);
  return `${folder.replace(/^.*node_modules\//, '')}\n\n${await readFile(file, 'utf8')}`;
});
await writeFile(join(place, 'third-party.txt'), (await Promise.all(texts)).join('\n\n'));

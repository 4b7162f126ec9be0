/** Writes the pages made from tables; a test fails where one is stale. Run with `pnpm --filter @nanscope/cli generate`. */
import { writeFileSync } from 'node:fs';
import { configSchemas } from './config-schemas.ts';
import { errorsPage } from './errors-page.ts';
import { flagsPage } from './flags-page.ts';
import { readmePage } from './readme-page.ts';
import { wordsPage } from './words-page.ts';

const pages = {
  'docs/flags.md': flagsPage(),
  'docs/errors.md': errorsPage(),
  'apps/cli/README.md': readmePage(),
  'docs/words.md': wordsPage(),
  ...configSchemas,
};
for (const [name, page] of Object.entries(pages))
  writeFileSync(new URL(`../../../${name}`, import.meta.url), page);

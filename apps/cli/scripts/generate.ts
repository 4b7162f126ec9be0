/** Writes the pages made from tables; a test fails where one is stale. Run with `pnpm --filter @nanscope/cli generate`. */
import { writeFileSync } from 'node:fs';
import { errorsPage } from './errors-page.ts';
import { flagsPage } from './flags-page.ts';

const pages = { flags: flagsPage(), errors: errorsPage() };
for (const [name, page] of Object.entries(pages))
  writeFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), page);

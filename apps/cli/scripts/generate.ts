/** Writes docs/flags.md; a test fails where it is stale. Run with `pnpm --filter @nanscope/cli generate`. */
import { writeFileSync } from 'node:fs';
import { flagsPage } from './flags-page.ts';

writeFileSync(new URL('../../../docs/flags.md', import.meta.url), flagsPage());

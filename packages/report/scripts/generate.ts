/** Writes the generated files; a test fails where one is stale. Run with `pnpm --filter @nanscope/report generate`. */
import { writeFileSync } from 'node:fs';
import { generated } from './generated.ts';

for (const { file, content } of generated) writeFileSync(file, content());

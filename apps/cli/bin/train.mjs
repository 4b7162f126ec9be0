#!/usr/bin/env node
/** `pnpm train ...` in the workspace is `nanscope train ...`; not part of the published package. */
process.argv.splice(2, 0, 'train');
await import('./nanscope.mjs');

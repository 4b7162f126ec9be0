#!/usr/bin/env node
/** `pnpm report ...` in the workspace is `nanscope report ...`; not part of the published package. */
process.argv.splice(2, 0, 'report');
await import('./nanscope.mjs');

#!/usr/bin/env node
/** `pnpm matrix ...` in the workspace is `nanscope matrix ...`; not part of the published package. */
process.argv.splice(2, 0, 'matrix');
await import('./nanscope.mjs');

#!/usr/bin/env node
/** `pnpm compare ...` in the workspace is `nanscope compare ...`; not part of the published package. */
process.argv.splice(2, 0, 'compare');
await import('./nanscope.mjs');

#!/usr/bin/env node
/** `pnpm eval ...` in the workspace is `nanscope eval ...`; not part of the published package. */
process.argv.splice(2, 0, 'eval');
await import('./nanscope.mjs');

#!/usr/bin/env node
/** `pnpm reduce ...` in the workspace is `nanscope reduce ...`; not part of the published package. */
process.argv.splice(2, 0, 'reduce');
await import('./nanscope.mjs');

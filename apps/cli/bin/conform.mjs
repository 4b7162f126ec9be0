#!/usr/bin/env node
/** `pnpm conform ...` in the workspace is `nanscope conform ...`; not part of the published package. */
process.argv.splice(2, 0, 'conform');
await import('./nanscope.mjs');

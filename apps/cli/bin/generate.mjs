#!/usr/bin/env node
/** `pnpm generate ...` in the workspace is `nanscope generate ...`; not part of the published package. */
process.argv.splice(2, 0, 'generate');
await import('./nanscope.mjs');

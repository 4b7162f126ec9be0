#!/usr/bin/env node
/** `pnpm claims ...` in the workspace is `nanscope claims ...`; not part of the published package. */
process.argv.splice(2, 0, 'claims');
await import('./nanscope.mjs');

#!/usr/bin/env node
/** The command under the project's own name, so that `npx nanscope` finds it. What it runs is @nanscope/cli. */
await import('@nanscope/cli');

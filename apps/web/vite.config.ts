/** The page as a static folder. It is built from the packages' sources, through what each exports for browsers. */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { defineConfig, type Plugin } from 'vite';
import { browserScript } from '../../packages/report/src/html/browser-script.ts';
import { securityPolicy } from './security-policy.ts';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The policy stands in the page itself, since a static host may send no headers. Not while developing, which needs a socket. */
const policy: Plugin = {
  name: 'security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: securityPolicy },
      injectTo: 'head-prepend',
    },
  ],
};

/** A report embeds its script as text, which a page under a strict policy can not run: here it becomes a function. */
const reportScript: Plugin = {
  name: 'report-script',
  resolveId: (id) => (id === 'virtual:report-script' ? `\0${id}` : null),
  load: (id) =>
    id === '\0virtual:report-script'
      ? `export default (document, addEventListener) => {\n${browserScript}\n};`
      : null,
};

/** A module of Node in the page is a mistake in what a package exports for browsers; it is refused, not emulated. */
const withoutNode: Plugin = {
  name: 'without-node',
  enforce: 'pre',
  resolveId(id, importer) {
    // Packages of others guard theirs at run time and say so in their `browser` field.
    if (isBuiltin(id) && !importer?.includes('/node_modules/'))
      this.error(`${importer} imports ${id}: nothing of Node may reach the page`);
    return null;
  },
};

const plugins = [withoutNode, reportScript, policy];

export default defineConfig({
  root: import.meta.dirname,
  // Any folder of any host.
  base: './',
  resolve: { conditions: ['@nanscope/source', 'module', 'browser', 'development|production'] },
  define: { NANSCOPE_VERSION: JSON.stringify(version) },
  plugins,
  worker: { format: 'es', plugins: () => [withoutNode] },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // Models, texts and wasm stay files of their own, fetched when they are needed.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4096,
    sourcemap: false,
  },
});

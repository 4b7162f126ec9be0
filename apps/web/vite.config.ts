/** The page as a static folder. It is built from the packages' sources, through what each exports for browsers. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, resolve, sep } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { browserScript } from '../../packages/report/src/html/browser-script.ts';
import { isolation } from './isolation.ts';
import { securityPolicy } from './security-policy.ts';
import { serviceWorker } from './service-worker.ts';

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

/** A report embeds its script as text, which a page under a strict policy cannot run: here it becomes a function. */
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

/** Written last, since it names every file of the page. */
function offline(): Plugin {
  let folder = '';
  return {
    name: 'offline',
    apply: 'build',
    configResolved({ root, build }) {
      folder = resolve(root, build.outDir);
    },
    // Not at the close, which comes after a failure as well and would hide what it was.
    writeBundle() {
      const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
      const hash = createHash('sha256');
      let bytes = 0;
      for (const path of paths) {
        const content = readFileSync(path);
        hash.update(content);
        bytes += content.length;
      }
      const files = paths.map((path) => `./${relative(folder, path).replaceAll(sep, '/')}`);
      const named = files.map((file) => (file === './index.html' ? './' : file));
      const program = serviceWorker(named, bytes, hash.digest('hex').slice(0, 16));
      writeFileSync(join(folder, 'offline.js'), program);
    },
  };
}

const plugins = [withoutNode, reportScript, policy, offline()];

export default defineConfig({
  root: import.meta.dirname,
  // Any folder of any host.
  base: './',
  resolve: { conditions: ['@nanscope/source', 'module', 'browser', 'development|production'] },
  define: {
    NANSCOPE_VERSION: JSON.stringify(version),
    NANSCOPE_SOURCE: JSON.stringify(process.env.NANSCOPE_SOURCE ?? ''),
  },
  plugins,
  server: { headers: isolation },
  preview: { headers: isolation },
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

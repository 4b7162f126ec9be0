/** Copies the Python package of the torch lane beside the files of the package that starts it, for publication. */
import { cp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const at = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

await rm(at('packages/lane/torch'), { recursive: true, force: true });
await cp(at('lanes/torch'), at('packages/lane/torch'), {
  recursive: true,
  filter: (source) => !/[\\/](tests|__pycache__|\.[^\\/]*|[^\\/]*\.egg-info)$/.test(source),
});

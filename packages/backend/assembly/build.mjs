/**
 * Compiles the kernels of this folder for memory of one's own and for shared memory, into a module that holds both as text:
 *
 *     node packages/backend/assembly/build.mjs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

/** @param {string} name */
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** No static data and no stack: an instance owns nothing in the memory that it works on. */
const options = [
  ...['--optimizeLevel', '3', '--noAssert', '--runtime', 'stub', '--importMemory'],
  ...['--enable', 'simd,bulk-memory,threads', '--outFile', 'kernels.wasm'],
];

/**
 * @param {string[]} more
 * @returns {Promise<string>} in base64
 */
async function compile(...more) {
  /** @type {Uint8Array[]} */
  const written = [];
  const { error, stderr } = await asc.main([here('index.ts'), ...options, ...more], {
    writeFile: (_name, contents) => void written.push(/** @type {Uint8Array} */ (contents)),
  });
  const [binary] = written;
  if (error || !binary) throw new Error(`${error?.message}\n${stderr.toString()}`);
  return Buffer.from(binary).toString('base64');
}

/** The text of src/wasm/kernels.wasm.ts. */
export async function kernelsModule() {
  const alone = await compile();
  const shared = await compile('--sharedMemory', '--maximumMemory', '65536');
  return `/** Made by assembly/build.mjs from the sources beside it: WebAssembly in base64. */

/** For a memory of one's own. */
export const kernels =
  '${alone}';

/** For memory that threads share. */
export const sharedKernels =
  '${shared}';
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(here('../src/wasm/kernels.wasm.ts'), await kernelsModule());

/**
 * Fetches the native half of `@tensorflow/tfjs-node` after an install, if its host can be reached, and says in one
 * line how that went. It never fails the install: without native TensorFlow the CPU lane runs on WebAssembly.
 *
 * The package's own install script does the work. It is not run by pnpm itself (see `allowBuilds` in
 * pnpm-workspace.yaml) because it has no time limit, prints a stack trace where there is no network, and pnpm
 * does not try it a second time. This script does all three better: every `pnpm install` tries again.
 *
 * `NANSCOPE_NATIVE_TENSORFLOW=off` skips it.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const log = join(root, 'node_modules', '.cache', 'native-tensorflow.log');
const connectLimitMs = 5_000;
const buildLimitMs = 15 * 60_000;

/** @returns {string | undefined} the folder of the installed package */
function packageFolder() {
  try {
    const require = createRequire(join(root, 'packages', 'backend', 'package.json'));
    return dirname(require.resolve('@tensorflow/tfjs-node/package.json'));
  } catch {
    return undefined;
  }
}

/**
 * Whether the download host answers at all. A host behind a proxy is taken to, since `fetch` does not use proxies
 * and the package does.
 * @param {NodeJS.ProcessEnv} env
 */
async function unreachable(env) {
  if (env.HTTPS_PROXY ?? env.https_proxy ?? env.HTTP_PROXY ?? env.http_proxy) return undefined;
  const host = env.TFJS_NODE_CDN_STORAGE ?? env.CDN_STORAGE ?? 'https://storage.googleapis.com/';
  try {
    await fetch(host, { method: 'HEAD', signal: AbortSignal.timeout(connectLimitMs) });
    return undefined;
  } catch {
    return `${new URL(host).host} cannot be reached`;
  }
}

/**
 * Runs the package's install script with its output in the log.
 * @param {string} folder
 * @returns {Promise<string | undefined>} what went wrong
 */
function build(folder) {
  // The script rewrites its package.json in place, and pnpm may have linked that file from its store.
  const manifest = join(folder, 'package.json');
  copyFileSync(manifest, `${manifest}.own`);
  renameSync(`${manifest}.own`, manifest);
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'w');
  const path = [join(folder, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(process.execPath, ['scripts/install.js'], {
    cwd: folder,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', output, output],
    timeout: buildLimitMs,
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => {
      if (signal !== null) resolve(`the download took more than ${buildLimitMs / 60_000} minutes`);
      else resolve(code === 0 ? undefined : `its install script failed (output in ${log})`);
    });
  });
}

/** @param {string} folder */
const isBuilt = (folder) => existsSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'));

/** @param {string} text */
const say = (text) => console.log(`native TensorFlow: ${text}`);

/** @returns {Promise<void>} */
async function main() {
  const folder = packageFolder();
  if (folder === undefined || process.env.NANSCOPE_NATIVE_TENSORFLOW === 'off' || isBuilt(folder)) return;
  let problem = await unreachable(process.env);
  if (problem === undefined) {
    say('downloading (once, about 150 MB) ...');
    problem = await build(folder);
    if (problem === undefined && !isBuilt(folder)) problem = `nothing was built (output in ${log})`;
    if (problem !== undefined) {
      // A half unpacked library would be taken for a whole one next time.
      for (const made of ['deps', 'lib', 'build'])
        rmSync(join(folder, made), { recursive: true, force: true });
    }
  }
  if (problem === undefined) say('ready');
  else say(`not available, ${problem}. The CPU lane runs on WebAssembly; "pnpm install" tries again.`);
}

await main();

/**
 * Before the tests: builds the command line, which the integration tests then start hundreds of times. From its sources
 * every process would translate some seven hundred modules first. What is fresh is not built again.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export default function build(): void {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const compiler = join(dirname(typescript), 'bin', 'tsc');
  const project = fileURLToPath(new URL('../apps/cli', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-b', project], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The command line can not be built:\n${stdout}`);
}

/** Compiles every package that is published, in one run of the compiler: what `apps/cli/tsconfig.json` refers to, directly or through others. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['packages', 'apps']
  .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
  .filter((folder) => existsSync(join(root, folder, 'src')))
  .filter((folder) => !JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).private);

// The compiler leaves what was made of a source that is gone, which would be published.
for (const folder of folders) rmSync(join(root, folder, 'dist'), { recursive: true, force: true });

const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-b', 'apps/cli'], { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const missed = folders.filter((folder) => !existsSync(join(root, folder, 'dist')));
if (missed.length > 0) {
  console.error(
    `compile: not compiled: ${missed.join(', ')}. Refer to it in the tsconfig.json of a package that needs it.`,
  );
  process.exit(1);
}

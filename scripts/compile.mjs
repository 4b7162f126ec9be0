/** Compiles every package that is published, in one run of the compiler: what `apps/cli/tsconfig.json` refers to, directly or through others. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['packages', 'apps']
  .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name)))
  .filter((folder) => existsSync(join(folder, 'src')))
  .filter((folder) => !JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).private);

// The compiler leaves what was made of a source that is gone, which would be published.
for (const folder of folders) rmSync(join(folder, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'apps/cli'], {
  ...{ cwd: root, stdio: 'inherit' },
});
const missed = folders.filter((folder) => !existsSync(join(folder, 'dist')));
if (missed.length > 0)
  throw new Error(`compile: expected apps/cli to reach every package, found none of it in ${missed}`);

/** Asks Dawn for an adapter in a child process, because the driver is chosen by the environment at its start. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const script = (dawn: string) => `
import { create, globals } from ${JSON.stringify(dawn)};
Object.assign(globalThis, globals);
const adapter = await create(['backend=vulkan']).requestAdapter();
process.exit(adapter ? 0 : 1);`;

/** True when a process started with `environment` finds a Vulkan adapter within ten seconds. */
export function findsAdapter(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const dawn = pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href;
  return new Promise((settle) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script(dawn)], {
      env: environment,
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const done = (found: boolean) => {
      clearTimeout(timer);
      settle(found);
    };
    child.once('error', () => done(false));
    child.once('exit', (code) => done(code === 0));
  });
}

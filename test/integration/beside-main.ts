/** The process of beside.ts: Node takes the export condition that a third party's backend needs on its command line alone. */
import { runHere } from './in-process.ts';

export interface Asked {
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

process.on('disconnect', () => process.exit(0));
process.on('message', async ({ words, env }: Asked) => {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.send!(await runHere(words, { open: true }));
});

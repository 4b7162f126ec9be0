/** A process that does nothing but write checkpoints is killed at random moments; each time one must be loadable. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readLatest } from './read.ts';
import { writeCheckpoint } from './write.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-kill-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Every value of a checkpoint is its step, so that a mixture of two would show. */
const writer = `
import { writeCheckpoint } from ${JSON.stringify(new URL('./write.ts', import.meta.url).href)};
const [root, first] = process.argv.slice(1);
for (let step = Number(first); ; step++) {
  const tensors = { w: { shape: [50000], values: new Float32Array(50000).fill(step) } };
  const none = {};
  const state = {
    step, epoch: 0, optimizer: none, schedule: none, generator: none, data: none, progress: none, configHash: '',
    versions: none, architecture: none, vocabulary: none, best: { step: step - (step % 3), value: 1 },
  };
  await writeCheckpoint(root, { weights: tensors, optimizer: tensors, state }, { last: 2 });
  process.stdout.write(step + '\\n');
}`;

/** Starts a writer, kills it some milliseconds after its first checkpoint, and gives the last step it told of. */
async function writeAndKill(root: string, first: number, delay: number): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions=@nanscope/source',
      '--input-type=module',
      '--eval',
      writer,
      root,
      String(first),
    ],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exit = once(child, 'exit');
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      resolve();
    });
    child.once('exit', () => reject(new Error(`The writer ended by itself: ${errors}`)));
  });
  await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill('SIGKILL');
  await exit;
  return Number(output.trim().split('\n').at(-1));
}

it('twenty kills at random moments: the last finished checkpoint or the one after it is whole', async () => {
  const chain = async (root: string) => {
    let first = 1;
    for (let kill = 0; kill < 5; kill++) {
      const told = await writeAndKill(root, first, Math.random() * 40);
      const { state, weights, optimizer } = (await readLatest(root))!;
      // The kill may fall between the pointer's rename and the word of it.
      expect([told, told + 1]).toContain(state.step);
      // Each third step is a best one; its pointer is never behind the checkpoint that knows of it.
      const known = state.best!.step;
      const best = known === 0 ? 0 : Number(/\d+/.exec(readFileSync(join(root, 'best'), 'utf8'))![0]);
      expect(best).toBeGreaterThanOrEqual(known);
      for (const { values } of [weights.w!, optimizer.w!]) {
        expect(values.every((value) => value === state.step)).toBe(true);
      }
      first = state.step + 1;
    }
    const none = {};
    const state = { ...(await readLatest(root))!.state, step: first };
    await writeCheckpoint(root, { weights: none, optimizer: none, state }, { last: 1 });
    const rest = readdirSync(root).filter((name) => !/^(latest|best|step-\d{8}(\.\d+)?)$/.test(name));
    expect(rest).toEqual([]);
  };
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => chain(join(base, name))));
});

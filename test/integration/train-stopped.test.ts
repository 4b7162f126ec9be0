/** Training runs that are stopped, killed, out of room, and go on as if nothing had been. */
import { describe, expect, it } from 'vitest';
import { childrenOf, run, start, until, workspace } from './cli.ts';
import { lines, numbers, small, weights } from './train-files.ts';

const { at } = workspace();
const windows = process.platform === 'win32';

describe.skipIf(windows)(
  `runs that are stopped${windows ? ' (skipped: Windows has no signals)' : ''}`,
  () => {
    const flags = [
      '--device',
      'wasm',
      '--steps',
      '18',
      '--save-every',
      '4',
      '--eval-every',
      '8',
      '--dropout',
      '0.1',
      ...small,
    ];

    it('Ctrl-C saves and leaves 130; kill -9 at a random step leaves what was saved; both go on to the same end', async () => {
      const whole = at('whole');
      expect((await run(['train', ...flags, '--out', whole])).code).toBe(0);
      const broken = at('stopped');
      const first = start(['train', ...flags, '--out', broken]);
      await until(() => lines(broken).length >= 3, 'three steps');
      first.child.kill('SIGINT');
      const { code, stdout } = await first.ended;
      expect(code).toBe(130);
      expect(stdout).toMatch(/Interrupted after step (\d+); the checkpoint of step \1 is saved/);
      const second = start(['train', '--resume', broken]);
      const random = lines(broken).length + 2 + Math.floor(Math.random() * 6);
      await until(() => lines(broken).length >= random, `step ${random}`);
      for (const lane of childrenOf(second.child.pid!)) process.kill(lane, 'SIGKILL');
      expect((await second.ended).code).toBe(1);
      const last = await run(['train', '--resume', broken]);
      expect(last.stderr).toMatch(/continues after step \d+ from/);
      expect(last.code).toBe(0);
      expect(numbers(broken)).toEqual(numbers(whole));
      expect(lines(broken, 'validation.jsonl')).toEqual(lines(whole, 'validation.jsonl'));
      expect(weights(broken, 18).equals(weights(whole, 18))).toBe(true);
    });

    it('Ctrl-C is heard at the next step, also when no checkpoint is due; a run killed before its first one begins anew', async () => {
      const out = at('early');
      const rare = ['--device', 'wasm', '--steps', '400', '--save-every', '0', '--eval-every', '0', ...small];
      const first = start(['train', ...rare, '--out', out]);
      await until(() => lines(out).length >= 2, 'two steps');
      for (const lane of childrenOf(first.child.pid!)) process.kill(lane, 'SIGKILL');
      await first.ended;
      const second = start(['train', '--resume', out]);
      let said = '';
      second.child.stderr!.on('data', (text: string) => {
        said += text;
      });
      await until(() => said.includes('begins anew'), 'the lines to be dropped');
      await until(() => lines(out).length >= 3, 'three steps');
      second.child.kill('SIGINT');
      const { code, stdout, stderr } = await second.ended;
      expect(code).toBe(130);
      expect(stderr).toMatch(/no checkpoint in .*: begins anew/);
      const stopped = Number(/Interrupted after step (\d+)/.exec(stdout)![1]);
      expect(stopped).toBeLessThan(100);
      expect(lines(out).map(({ step }) => step)).toEqual(Array.from({ length: stopped }, (_, i) => i + 1));
    });

    it('no room for a checkpoint: one clear line, exit 1, and the one before is intact', async () => {
      const out = at('full');
      const short = ['--device', 'wasm', '--save-every', '2', '--eval-every', '0', ...small];
      expect((await run(['train', ...short, '--steps', '2', '--out', out])).code).toBe(0);
      const before = weights(out, 2);
      const { code, stdout } = await run(['train', '--resume', out, '--steps', '4'], { fileBlocks: 800 });
      expect(code).toBe(1);
      expect(stdout.replace(/[│\s]+/g, ' ')).toMatch(
        /The target failed \(.*the checkpoint of step 4 cannot be written \(.*step-00000002 is intact/,
      );
      expect(weights(out, 2).equals(before)).toBe(true);
      expect((await run(['train', '--resume', out, '--steps', '4'])).code).toBe(0);
      expect(lines(out).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    });

    it('a checkpoint that is not of this run is refused with what differs', async () => {
      const out = at('other');
      expect((await run(['train', '--device', 'wasm', '--steps', '2', '--out', out, ...small])).code).toBe(0);
      const { code, stderr } = await run(['train', '--resume', out, '--batch-size', '5', '--steps', '4']);
      expect(code).toBe(2);
      expect(stderr).toMatch(/data differs in batchSize: expected 5, found 4/);
      const layers = await run(['train', '--resume', out, '--layers', '2', '--steps', '4']);
      expect(layers.stderr).toMatch(/architecture differs in n_layer: expected 2, found 1/);
    });
  },
);

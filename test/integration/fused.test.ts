/**
 * `--sdpa-kernel fused` through the command line: shaders on the GPU beside the composed form on wasm, under the same
 * kernel name. Skipped where there is no WebGPU adapter, with what the command line said about it.
 */
import { describe, expect, it } from 'vitest';
import { evaluate, run, workspace } from './cli.ts';

const { text } = workspace();
const fused = ['--data', text, '--batch-size', '3', '--attn', 'sdpa', '--sdpa-kernel', 'fused'];
const gpu = ['--device', 'gpu', '--reference', 'wasm', ...fused];

const probe = await run(['eval', '--json', ...gpu, '--policy', 'safe']);
const missing = probe.code === 3 ? ` (skipped: ${probe.stderr.trim().split('\n').at(-1)})` : '';

describe.skipIf(missing)(`eval --device gpu --sdpa-kernel fused${missing}`, () => {
  it('safe: the lanes agree within the printed tolerance', () => {
    const result = JSON.parse(probe.stdout);
    expect(result.target.config['sdpa-kernel']).toBe('fused');
    expect(result.verdict).toMatchObject({ code: 'agree', exitCode: 0 });
    expect(result.target.leak.leaks).toEqual([]);
  });

  it('torch-mps-2.8: NaN on both lanes, born in the fused kernel in the first fully masked row', async () => {
    const { target, reference, comparison, verdict } = (await evaluate(...gpu, '--policy', 'torch-mps-2.8'))
      .result;
    for (const lane of [target!, reference!]) {
      expect(lane.metrics?.loss).toBe('NaN');
      expect(lane.cascade?.origin).toMatchObject({
        key: expect.stringMatching(/^forward\/transformer\.h\.0\/attn\/.*FusedAttention#0:0$/),
        coordinates: [1, 0, 0, 0],
        coordinateNames: ['batch', 'head', 'query', 'channel'],
        mechanism: { name: 'fully masked row' },
      });
    }
    expect(comparison?.ops).toMatchObject({ sameOrigin: true, samePath: true });
    expect(verdict.code).toBe('agree-non-finite');
  });
});

describe.skipIf(missing)(`--sdpa-kernel auto under a trace on a GPU${missing}`, () => {
  it('is composed, and says how far the fused kernel is from it, or why that is not known', async () => {
    const { target } = (
      await evaluate('--device', 'gpu', '--reference', 'none', '--data', text, '--limit', '2')
    ).result;
    const { software, rules } = target!.decision;
    expect(rules.find(({ rule }) => rule === 'sdpa-kernel')?.reason).toMatch(
      software ? /not run beside it, since a software adapter/ : /differ by at most/,
    );
  });
});

describe('--sdpa-kernel auto', () => {
  const onWasm = (...flags: string[]) =>
    evaluate('--data', text, '--batch-size', '3', '--device', 'wasm', '--reference', 'none', ...flags);
  const ruleOf = ({ result }: Awaited<ReturnType<typeof evaluate>>) =>
    result.target!.decision.rules.find(({ rule }) => rule === 'sdpa-kernel')?.reason;

  it('is the fused kernel where nothing is traced', async () => {
    expect(ruleOf(await onWasm('--trace', 'off'))).toBe(
      'sdpa is one fused kernel, since none of its steps is shown',
    );
  });

  it('is composed under a trace, and says how far the fused kernel is from it', async () => {
    const run = await onWasm();
    const [, apart] = /steps can be shown; the losses of the fused kernel differ by at most (\S+) on/.exec(
      ruleOf(run)!,
    )!;
    expect(Number(apart)).toBeLessThan(1e-5);
    expect(ruleOf(await onWasm('--sdpa-kernel', 'composed'))).toBeUndefined();
  });

  it('shows the steps of a batch that gate traces again', async () => {
    const { target } = (await onWasm('--trace', 'gate', '--policy', 'torch-mps-2.8')).result;
    expect(target!.cascade?.gate?.replays[0]?.outcome).toBe('reproduced');
    expect(target!.cascade?.origin?.key).not.toContain('FusedAttention');
    expect(target!.cascade?.origin?.mechanism.name).toBe('fully masked row');
  });
});

describe('--sdpa-kernel fused is refused in one line', () => {
  it.each([
    ['--attn eager', ['eval', '--attn', 'eager']],
    ['a policy of eager', ['generate', '--policy', 'tfjs']],
    ['--dropout 0.1', ['train', '--dropout', '0.1']],
  ])('with %s', async (what, [command, ...args]) => {
    const { code, stdout, stderr } = await run([
      command!,
      ...args,
      '--device',
      'wasm',
      '--sdpa-kernel',
      'fused',
    ]);
    const line = stderr.trim().split('\n').at(-1)!;
    expect(line).toMatch(/^nanscope: --sdpa-kernel fused and /);
    expect(line).toContain(what.split(' ').at(-1)!);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

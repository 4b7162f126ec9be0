import type { TorchDigest } from '@nanscope/lane';
import { expect, it } from 'vitest';
import type { ShadowLane } from './shadow-lane.ts';
import { inCommonNames } from './torch-lanes.ts';

const digest = (kernel: string): TorchDigest => ({
  ...{ key: `forward/mlp/${kernel}#0:0`, phase: 'forward', path: 'mlp', kernel, call: 0, output: 0 },
  ...{ size: 4, samples: Float32Array.of(1) },
});

/** A lane of a linear layer and an activation, which writes down what it is asked. */
function lane(role: ShadowLane['role'], linear: string) {
  const asked: [string, unknown][] = [];
  const input = (name: string, from: object) => ({
    ...{ name, from, shape: [1], dtype: 'float32', values: Float32Array.of(1) },
  });
  const answers: Record<string, unknown> = {
    digest: [digest(linear), digest('tanh')],
    capture: [
      {
        ...{ key: 'forward/mlp/tanh#0', kernel: 'tanh', attrs: { call: 'forward/mlp/tanh#0' }, outputs: [] },
        ops: [['tanh', '']],
        inputs: [
          input(`forward/mlp/${linear}#0:0`, { record: `forward/mlp/${linear}#0:0` }),
          input('bias', { external: 'bias' }),
        ],
      },
    ],
    replay: [[]],
  };
  const ask = async (name: string, what: unknown) => {
    asked.push([name, what]);
    return answers[name] as never;
  };
  return { asked, lane: { role, ask, end: async () => {} } as ShadowLane };
}

it('two lanes speak of the same records, and each is asked in its own names', async () => {
  const [own, other] = [lane('target', 'addmm'), lane('reference', 'linear')];
  const lanes = await inCommonNames({ target: own.lane, reference: other.lane });
  for (const { role, ask } of [lanes.target, lanes.reference]) {
    const { asked } = role === 'target' ? own : other;
    const kernel = role === 'target' ? 'addmm' : 'linear';
    const found = await ask('digest', {});
    expect(found.map(({ key }) => key)).toEqual(['forward/mlp/linear#0:0', 'forward/mlp/tanh#0:0']);
    const [op] = await ask('capture', { calls: ['forward/mlp/linear#0'] });
    const shared = [`forward/mlp/${kernel}#0:0`, 'forward/mlp/tanh#0:0'];
    expect(asked.at(-1)).toEqual(['capture', { calls: [`forward/mlp/${kernel}#0`], shared }]);
    if (!op || 'refused' in op) throw new Error('expected an op');
    expect(op.inputs.map(({ name, from }) => [name, from])).toEqual([
      ['bias', { external: 'bias' }],
      ['forward/mlp/linear#0:0', { record: 'forward/mlp/linear#0:0' }],
    ]);
    expect(op).toMatchObject({ attrs: { call: 'forward/mlp/tanh#0' }, own: 'forward/mlp/tanh#0' });
    expect(await ask('replay', { ops: [op, op] })).toHaveLength(2);
    // One op a question.
    expect(asked.slice(-2).map(([name]) => name)).toEqual(['replay', 'replay']);
    const { ops } = asked.at(-1)![1] as { ops: { inputs: { name: string }[] }[] };
    expect(ops[0]!.inputs.map(({ name }) => name)).toEqual(['bias', `forward/mlp/${kernel}#0:0`]);
  }
});

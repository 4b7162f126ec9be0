import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringifyExact } from '@nanscope/record';
import { afterAll, describe, expect, it } from 'vitest';
import { comparison, lane, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import { deviceNameOf } from './case-lane.ts';
import { faultOf, isOpFault, torchFaultOf } from './fault.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-fault-'));
afterAll(() => rmSync(base, { recursive: true }));
let count = 0;

/** A run folder with this in its run.json. */
function folder(content: object | string): string {
  const place = join(base, String(count++));
  mkdirSync(place);
  writeFileSync(join(place, 'run.json'), typeof content === 'string' ? content : stringifyExact(content));
  return place;
}

const verdict = { code: 'agree', exitCode: 0, sentence: 'Both lanes are finite.', next: '' } as const;
const result = (parts: object) => ({
  schemaVersion: 1,
  kind: 'eval',
  command: 'nanscope eval',
  verdict,
  ...parts,
});
const origin = {
  ...{ key: 'forward/transformer.h.3/attn/probs/Softmax#0:0', batch: 2 },
  ...{ coordinates: [1, 5, 7, 0], coordinateNames: ['batch', 'head', 'query', 'key'] },
  mechanism: { name: 'fully masked row', evidence: 'query 7 has no key' },
};
const cascade = (parts: object) => ({
  ...{ level: 'health', ops: 10, batchesTraced: 1, events: [], eventsCut: 0, spread: [], kills: [] },
  ...{ observer: 'unchanged', ...parts },
});
const config = { policy: 'torch-mps-2.8', 'batch-size': 4, out: 'runs/a', json: true };

describe('faultOf', () => {
  it('holds the op of the origin in any layer with its mechanism, and knows its place', () => {
    const target = lane({ cascade: cascade({ origin }) as never, config, metrics: nanMetrics });
    const fault = faultOf(folder(result({ target })));
    expect(fault).toMatchObject({
      held: {
        kind: 'origin',
        op: 'forward/transformer.h.*/attn/probs/Softmax#0:0',
        mechanism: 'fully masked row',
      },
      place: { layer: 3, row: 1, head: 5, position: 7 },
      batch: 2,
    });
    expect(fault.config).toMatchObject({ policy: 'torch-mps-2.8', batchSize: 4, model: 'prose' });
    expect(fault.config.out).toBeUndefined();
  });

  it('of a lane of PyTorch, takes the op in which a value is born, and the lane that may run it besides', () => {
    const shown = lane({ cascade: cascade({ origin }) as never, config, metrics: nanMetrics });
    const torch = { python: 'python3', device: 'cpu' };
    const target = { ...shown, decision: { ...shown.decision, torch } };
    const alone = torchFaultOf(folder(result({ target })));
    expect(alone).toMatchObject({ op: origin.key, kind: 'NaN', batch: origin.batch, role: 'target' });
    expect(alone!.other).toBeUndefined();
    const reference = { ...lane({ role: 'reference', config }), decision: target.decision };
    expect(torchFaultOf(folder(result({ target, reference })))!.other).toMatchObject({ role: 'reference' });
    expect(torchFaultOf(folder(result({ target: shown })))).toBeUndefined();
  });

  it('of a loop of one’s own takes the call that it left, and says why where there is none', () => {
    const torch = { python: 'python3', device: 'cpu' };
    const loop = (mechanism: { readonly name: string; readonly evidence: string }) => {
      const own = cascade({ origin: { ...origin, mechanism } });
      const shown = lane({ cascade: own as never, config: { model: 'GPT2LMHeadModel' } });
      const data = { ...shown.data, source: "a loop of the user's" };
      return folder(result({ target: { ...shown, data, decision: { ...shown.decision, torch } } }));
    };
    const left = loop({ name: 'matmul overflow', evidence: '' });
    expect(() => torchFaultOf(left)).toThrow(/expected a call that the loop left, found none/);
    mkdirSync(join(left, 'target'));
    writeFileSync(join(left, 'target/origin.pt'), '');
    expect(torchFaultOf(left)).toMatchObject({ op: origin.key, call: join(left, 'target/origin.pt') });
    expect(() => torchFaultOf(loop({ name: 'external input', evidence: 'w holds 1 NaN' }))).toThrow(
      expect.objectContaining({ code: 'reduce/nothing', message: expect.stringContaining('w holds 1 NaN') }),
    );
  });

  it('refuses lanes of PyTorch that differ without such an op', () => {
    const shown = lane({ cascade: cascade({ origin }) as never, config, metrics: nanMetrics });
    const target = { ...shown, decision: { ...shown.decision, torch: { python: 'python3', device: 'cpu' } } };
    expect(() => faultOf(folder(result({ target })))).toThrow(
      expect.objectContaining({ code: 'reduce/nothing', message: expect.stringContaining('of PyTorch') }),
    );
  });

  it('takes the lane that has one', () => {
    const parts = {
      target: lane({ cascade: cascade({}) as never, config }),
      reference: lane({ role: 'reference', cascade: cascade({ origin }) as never, config }),
    };
    expect(faultOf(folder(result(parts)))).toMatchObject({ lane: { role: 'reference' } });
  });

  it('of two devices that differ in class, holds the first op that does, in the batch that is named', () => {
    const ops = {
      ...{ aligned: 80, onlyTarget: 0, onlyReference: 0, divergent: 1, batch: 5 },
      firstDivergence: 'forward/transformer.h.1/mlp/Exp#0:0',
      divergence: { label: 'kernel bug suspected', reason: 'r' },
    };
    const lanes = {
      target: lane({ cascade: cascade({ origin }) as never, config }),
      reference: lane({ role: 'reference', cascade: cascade({}) as never, config }),
    };
    expect(faultOf(folder(result({ ...lanes, comparison: comparison({ ops }) })))).toMatchObject({
      held: { kind: 'divergence', op: 'forward/transformer.h.*/mlp/Exp#0:0', label: 'kernel bug suspected' },
      batch: 5,
      reference: { role: 'reference' },
    });
  });

  const numbers = (shadow?: object) =>
    result({
      verdict: { ...verdict, code: 'numbers-differ', exitCode: 1, sentence: 'The numbers differ.' },
      target: lane({ cascade: cascade({}) as never, config }),
      reference: lane({ role: 'reference', cascade: cascade({}) as never, config }),
      comparison: comparison({ ...(shadow && { shadow: shadow as never }) }),
    });
  const steps = (judgement: string) => [
    { key: 'forward/a/Linear#0', kernel: 'Linear', judgement: 'inherited', reason: 'r' },
    { key: 'forward/a/Exp#0', kernel: 'Exp', judgement, reason: 'r' },
  ];

  it('of two devices of which only numbers differ, holds the call that adds a difference of its own', () => {
    for (const judgement of ['own', 'both']) {
      const shadow = {
        batch: 3,
        by: 'magnitude',
        steps: steps(judgement),
        end: 'this op adds the difference',
      };
      const fault = faultOf(folder(numbers(shadow)));
      expect(isOpFault(fault)).toBe(true);
      expect(fault).toMatchObject({ op: 'forward/a/Exp#0', batch: 3, reference: { role: 'reference' } });
    }
  });

  it.each([
    ['an empty file', '', /run\.json: expected JSON, found/],
    ['a torn file', '{"schemaVersion": 1, "kind":', /run\.json: expected JSON, found/],
    ['another version', '{"schemaVersion": 99}', /expected schemaVersion 1, found 99/],
    ['a lane', lane({}), /expected the run folder of nanscope eval, found that of one lane of a run/],
    [
      'a comparison',
      result({ kind: 'compare' }),
      /expected the run folder of nanscope eval, found that of nanscope compare\. Name the folder that eval wrote\./,
    ],
    [
      'a finite run',
      result({ target: lane({ cascade: cascade({}) as never, config }) }),
      /found "Both lanes are finite\."\. There is nothing to reduce\./,
    ],
    [
      'a run without a trace',
      result({ target: lane({ config, metrics: nanMetrics }) }),
      /found a run that was not traced\. Run it again with --trace health\./,
    ],
    [
      'a run traced through a filter',
      result({ target: lane({ cascade: cascade({ origin, filters: ['op=MatMul'] }) as never, config }) }),
      /found a run traced through --trace-filter, .* Run it again without the filter\./,
    ],
    [
      'numbers that differ by roundings alone',
      numbers({ batch: 3, by: 'magnitude', steps: steps('rounding'), end: 'no single op is to blame' }),
      /The replays of its ops ended so: no single op is to blame\. There is no call to reduce\./,
    ],
    [
      'numbers that differ, of ops that were not replayed',
      numbers(),
      /run it again with --trace health and without --no-shadow\./,
    ],
    [
      'devices that part where float32 permits it',
      result({
        verdict: { ...verdict, code: 'permitted-by-float32', exitCode: 1 },
        target: lane({ cascade: cascade({ origin }) as never, config }),
      }),
      /found devices that part where float32 permits it: .* run one device alone: --reference none\./,
    ],
    [
      'a setting that is none',
      result({ target: lane({ cascade: cascade({ origin }) as never, config: { policy: 'torch-9' } }) }),
      /policy in .*run\.json: expected one of .*found "torch-9"/,
    ],
  ])('refuses %s in one line, exit 2', (_, content, message) => {
    const run = folder(content);
    expect(() => faultOf(run)).toThrow(message);
    expect(() => faultOf(run)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.not.stringContaining('\n') }),
    );
  });
});

it('a decided backend is asked for by the name that a user types', () => {
  expect(['cpu', 'wasm', 'webgpu', 'mirror'].map((backend) => deviceNameOf({ backend }))).toEqual([
    'javascript',
    'wasm',
    'webgpu',
    'mirror',
  ]);
});

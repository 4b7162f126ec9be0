/** One left-padded batch through the tiny model on every backend: the same keys, and the same cascade, everywhere. */
import { type Policy, policies } from '@nanscope/attention';
import { type backends, builtinBackend } from '@nanscope/backend';
import {
  alignTraces,
  type BatchTrace,
  classifyOps,
  contextOf,
  findOrigin,
  namesOf,
  openTrace,
  parseTraces,
  positionPicture,
  spreadOf,
  type TraceLevel,
  traceLines,
} from '@nanscope/cascade';
import { loadCausalLM, uploadBatch } from '@nanscope/model';
import { scoreRows, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probes } from './probes.ts';

const keep = [
  [1, 1, 1, 1, 1, 1],
  [0, 0, 0, 1, 1, 1],
];
const context = contextOf(keep, true);
const inputIds = keep.flatMap((row) => row.map((kept, i) => (kept ? 10 + 7 * i : 257)));
const labels = keep.flatMap((row) => row.map((kept, i) => (kept ? 10 + 7 * i : -100)));
const positionIds = keep.flatMap((row) => row.map((_, i) => Math.max(0, i - row.indexOf(1))));

const unguarded = { ...policies.safe, rowGuard: 'none', clearMasked: false } as const;
const table = {
  safe: policies.safe,
  'torch-2.5': policies['torch-2.5'],
  'torch-mps-2.8': policies['torch-mps-2.8'],
  'transformers-4.57-eager': policies['transformers-4.57-eager'],
  'no guard, selected': { ...unguarded, fill: { how: 'select', value: -Infinity } },
  'no guard, added': { ...unguarded, fill: { how: 'additive', value: -Infinity } },
} as const satisfies Record<string, Policy>;
type Name = keyof typeof table;
const names = Object.keys(table) as Name[];

type Run = (policy: Name, implementation: 'eager' | 'sdpa', level?: TraceLevel) => Promise<BatchTrace>;

/** Opens a backend, loads the model, and hands out traced runs. */
async function prepare(backend: ReturnType<typeof backends>[number]) {
  const session = await backend.open();
  const model = await loadCausalLM({ preset: 'tiny', seed: 1 });
  const batch = uploadBatch(model.config, {
    shape: [2, 6],
    inputIds,
    attentionMask: keep.flat(),
    positionIds,
  });
  const { largestPosition: _, ...inputs } = batch;
  const rows = supervisedRows(labels, [2, 6], model.config.vocabulary);
  const run: Run = async (policy, implementation, level = 'health') => {
    const trace = openTrace(session, level, { nameOf: namesOf(model.parameters, inputs) });
    const hidden = trace.run('forward', () => model.hidden(batch, { implementation, policy: table[policy] }));
    const scores = scoreRows(model, hidden, rows, trace.run);
    const collected = await trace.collect();
    trace.close();
    tf.dispose([hidden, scores.losses, scores.predictions]);
    return collected;
  };
  return { run, dispose: () => session.dispose() };
}

const expected = new Map<string, BatchTrace>();
const combinations = names.flatMap((policy) =>
  (['eager', 'sdpa'] as const).map((implementation) => ({ policy, implementation })),
);
beforeAll(async () => {
  const reference = await prepare(builtinBackend('cpu'));
  for (const { policy, implementation } of combinations) {
    expected.set(`${policy} ${implementation}`, await reference.run(policy, implementation, 'full'));
  }
  await reference.dispose();
});

describe('the reference', () => {
  const unguardedRuns = (['no guard, selected', 'no guard, added'] as const).flatMap((policy) =>
    (['eager', 'sdpa'] as const).map((implementation) => ({ policy, implementation })),
  );
  it.each(unguardedRuns)(
    'finds the first masked query: $policy, $implementation',
    ({ policy, implementation }) => {
      const trace = expected.get(`${policy} ${implementation}`)!;
      const judgements = classifyOps(trace, context);
      const kernel = implementation === 'eager' ? 'Softmax' : 'Sub';
      expect(findOrigin(trace, context, judgements)).toMatchObject({
        key: expect.stringMatching(new RegExp(`^forward/transformer\\.h\\.0/attn/.*probs/${kernel}#0:0$`)),
        coordinates: [1, 0, 0, 0],
        coordinateNames: ['batch', 'head', 'query', 'key'],
        mechanism: { name: 'fully masked row' },
        survives: true,
      });
      const picture = positionPicture(trace, context);
      expect(picture).toEqual({
        layers: ['embeddings', 'h.0', 'h.1', 'ln_f'],
        cells: [
          ['......', '......', '......', '......'],
          ['......', 'NNN...', 'NNNNNN', 'NNNNNN'],
        ],
      });
      const second =
        policy === 'no guard, selected' ? /^inherited through 0 \* NaN/ : /^inherited through the scores/;
      expect(spreadOf(trace, judgements, picture, context)).toEqual([
        { layer: 'h.0', row: 1, from: 0, to: 2, why: expect.stringMatching(/^fully masked row/) },
        { layer: 'h.1', row: 1, from: 0, to: 5, why: expect.stringMatching(second) },
      ]);
    },
  );

  it.each(['safe', 'torch-2.5', 'transformers-4.57-eager'] as const)(
    'finds nothing unintended under %s',
    (policy) => {
      for (const implementation of ['eager', 'sdpa'] as const) {
        const trace = expected.get(`${policy} ${implementation}`)!;
        expect(findOrigin(trace, context)).toBeUndefined();
        const unexplained = classifyOps(trace, context).filter(
          ({ class: found, benign }) => found !== 'clean' && benign === undefined,
        );
        expect(unexplained).toEqual([]);
      }
    },
  );

  it('judges a trace read back from lines as it judged the live one', () => {
    for (const trace of expected.values()) {
      const later = { ...trace, batch: 1 };
      const [read] = parseTraces(`${traceLines(later).join('\n')}\n`);
      expect(alignTraces(trace, read!, context)).toMatchObject({
        classDivergences: 0,
        sameOrigin: true,
        samePath: true,
        sameKills: true,
      });
    }
  });
});

for (const { backend, probe } of probes) {
  if (!probe.available) {
    describe.skip(`the cascade on ${backend.id}: ${probe.reason}`, () => it('needs the backend', () => {}));
    continue;
  }
  describe(`the cascade on ${backend.id}`, () => {
    let lane: Awaited<ReturnType<typeof prepare>>;
    beforeAll(async () => {
      lane = await prepare(backend);
    });
    afterAll(async () => {
      await lane?.dispose();
    });
    it.each(combinations)(
      "is the reference's under $policy, $implementation",
      async ({ policy, implementation }) => {
        const target = await lane.run(policy, implementation);
        const alignment = alignTraces(expected.get(`${policy} ${implementation}`)!, target, context);
        expect(alignment.firstClassDivergence).toBeUndefined();
        expect(alignment).toMatchObject({
          onlyReference: [],
          onlyTarget: [],
          classDivergences: 0,
          sameOrigin: true,
          samePath: true,
          sameKills: true,
        });
      },
    );
  });
}

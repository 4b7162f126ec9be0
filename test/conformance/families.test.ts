/** The NaN of a fully masked row in every family: the same birth, mechanism and picture, under each family's own module names. */
import { policies } from '@nanscope/attention';
import { builtinBackend, type Session } from '@nanscope/backend';
import { contextOf, findOrigin, namesOf, openTrace, positionPicture } from '@nanscope/cascade';
import { anatomyOf, loadCausalLM, modelTypes, parseConfig, uploadBatch } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallConfigs } from '../../packages/model/src/testing/small-configs.ts';

/** The second row is padded on the left: its first three queries have no key. */
const keep = [
  [1, 1, 1, 1, 1, 1],
  [0, 0, 0, 1, 1, 1],
];
const context = contextOf(keep, true);
const grid = {
  shape: [2, 6] as const,
  inputIds: keep.flatMap((row) => row.map((kept, i) => (kept ? 10 + 7 * i : 3))),
  attentionMask: keep.flat(),
  positionIds: keep.flatMap((row) => row.map((_, i) => Math.max(0, i - row.indexOf(1)))),
};

let session: Session;
beforeAll(async () => {
  session = await builtinBackend('cpu')!.open();
});
afterAll(() => session.dispose());

const hasSinks = (type: string) => parseConfig(smallConfigs[type], type).sinks === true;

describe.each(modelTypes.filter(hasSinks))('%s', (type) => {
  it('under torch-mps-2.8 has no NaN: a sink is a key of every row', async () => {
    const model = await loadCausalLM({ config: parseConfig(smallConfigs[type], type), seed: 3 });
    const batch = uploadBatch(model.config, grid);
    const trace = openTrace(session, 'health');
    const hidden = trace.run('forward', () =>
      model.hidden(batch, { implementation: 'sdpa', policy: policies['torch-mps-2.8'] }),
    );
    const collected = await trace.collect();
    trace.close();
    expect(findOrigin(collected, context)).toBeUndefined();
    expect((await hidden.data()).every(Number.isFinite)).toBe(true);
    const { largestPosition: _, ...inputs } = batch;
    tf.dispose([hidden, { ...inputs }]);
    model.dispose();
  });
});

describe.each(modelTypes.filter((type) => !hasSinks(type)))('%s', (type) => {
  it('under torch-mps-2.8 is born in the first layer as a fully masked row, and fills the row', async () => {
    const model = await loadCausalLM({ config: parseConfig(smallConfigs[type], type), seed: 3 });
    const batch = uploadBatch(model.config, grid);
    const { largestPosition: _, ...inputs } = batch;
    const trace = openTrace(session, 'health', { nameOf: namesOf(model.parameters, inputs) });
    const hidden = trace.run('forward', () =>
      model.hidden(batch, { implementation: 'sdpa', policy: policies['torch-mps-2.8'] }),
    );
    const collected = await trace.collect();
    trace.close();
    const attention = anatomyOf(model.config).find(({ kind }) => kind === 'attention')!;
    const origin = findOrigin(collected, context);
    expect(origin).toMatchObject({
      coordinates: [1, 0, 0, 0],
      coordinateNames: ['batch', 'head', 'query', 'key'],
      mechanism: { name: 'fully masked row' },
    });
    const [layer, module] = attention.path.split(/\.(?=[^.]+$)/);
    expect(origin!.key.startsWith(`forward/${layer}/${module}/`)).toBe(true);
    const picture = positionPicture(collected, context);
    // The embeddings, each layer, and the last norm.
    expect(picture.layers).toHaveLength(model.config.layers + 2);
    expect(picture.cells[0]!.every((cells) => cells === '......')).toBe(true);
    expect(picture.cells[1]!.slice(0, 2)).toEqual(['......', 'NNN...']);
    tf.dispose([hidden, { ...inputs }]);
    model.dispose();
  });
});

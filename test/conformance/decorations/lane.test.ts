/** Everything that only decorates a lane's record throws, and what comes of the lane. */
import { builtinBackend } from '@nanscope/backend';
import { loadCausalLM } from '@nanscope/model';
import { type LaneRecord, textSink } from '@nanscope/record';
import { evalFlags, policyOf, resolveFlags, toEvalConfig } from '@nanscope/settings';
import { expect, it, vi } from 'vitest';
import { collateOptions } from '../../../packages/lane/src/data/collation.ts';
import { evalBatches, loadTokenizerFor } from '../../../packages/lane/src/data/inputs.ts';
import { evaluateLane } from '../../../packages/lane/src/evaluate/evaluate-lane.ts';
import type { LaneTask } from '../../../packages/lane/src/protocol/task.ts';
import { unknownEnvironment } from '../../../packages/lane/src/session/open-session.ts';

const { fail } = vi.hoisted(() => ({
  fail: (what: string) => () => {
    throw new Error(`${what} is broken`);
  },
}));

vi.mock('@nanscope/cascade', async (original) => ({
  ...(await original<object>()),
  spreadOf: fail('spread'),
  positionPicture: fail('picture'),
  launderings: fail('laundering'),
  earlyWarning: fail('warning'),
}));
vi.mock('../../../packages/lane/src/evaluate/policy-effect.ts', () => ({ policyEffect: fail('effect') }));

const decision: LaneTask['decision'] = {
  ...{ requested: 'wasm', backend: 'wasm', software: false, attention: 'sdpa', label: 'wasm' },
  ...{ rules: [], warnings: [] },
};

it('a lane is complete without its decorations, and names each that is missing', async () => {
  const flags = { model: 'tiny', limit: '4', policy: 'torch-mps-2.8', trace: 'health', device: 'wasm' };
  const config = toEvalConfig(resolveFlags(evalFlags, flags, undefined));
  const session = await builtinBackend('wasm').open();
  const model = await loadCausalLM({ preset: 'tiny', seed: 0 });
  const tokenizer = { ...(await loadTokenizerFor(config)), decode: fail('decode') };
  let record: LaneRecord | undefined;
  await evaluateLane({
    task: { role: 'target', config, policy: policyOf(config), decision, batches: 1 },
    ...{ session, model, tokenizer, source: 'text', say: () => {} },
    environment: unknownEnvironment(session),
    batches: evalBatches(config, tokenizer, model.config),
    collation: collateOptions(config, tokenizer, model.config),
    sink: textSink((name, text) => {
      if (name === 'run.json') record = JSON.parse(text) as LaneRecord;
    }),
  });
  expect(record).toMatchObject({
    status: 'complete',
    metrics: { rows: 4 },
    leak: { checked: expect.any(Number) },
  });
  expect(record?.cascade?.origin).toBeDefined();
  expect(record?.leftOut).toEqual([
    'the picture of positions: left out, picture is broken',
    'the laundered values: left out, laundering is broken',
    'the early warning: left out, warning is broken',
    "the policy's effect: left out, effect is broken",
  ]);
  model.dispose();
  await session.dispose();
});

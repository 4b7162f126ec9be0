/** When a lane asks for its next batch. */
import { builtinBackend, type Session } from '@nanscope/backend';
import { type CausalLM, loadCausalLM } from '@nanscope/model';
import { evalFlags, policyOf, resolveFlags, toEvalConfig } from '@nanscope/settings';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collateOptions } from '../data/collation.ts';
import { evalBatches, loadTokenizerFor } from '../data/inputs.ts';
import type { LaneTask } from '../protocol/task.ts';
import { environmentOf } from '../session/open-session.ts';
import { evaluateLane } from './evaluate-lane.ts';

let session: Session;
let model: CausalLM;
beforeAll(async () => {
  session = await builtinBackend('wasm').open();
  model = await loadCausalLM({ preset: 'tiny', seed: 0 });
});
afterAll(async () => {
  model.dispose();
  await session.dispose();
});

const config = toEvalConfig(
  resolveFlags(
    evalFlags,
    { model: 'tiny', 'batch-size': '1', limit: '3', trace: 'off', device: 'wasm' },
    undefined,
  ),
);

/** What a lane does, as events, on a device of this kind. */
async function run(gpu: boolean): Promise<{ events: string[]; samples: unknown[] }> {
  const events: string[] = [];
  const samples: unknown[] = [];
  const tokenizer = await loadTokenizerFor(config);
  const source = evalBatches(config, tokenizer, model.config);
  const next = () => {
    events.push('asked');
    return source.next();
  };
  const facts = { ...session.facts, capabilities: { ...session.facts.capabilities, gpu } };
  const as: Session = Object.create(session, { facts: { value: facts } });
  const decision: LaneTask['decision'] = {
    ...{ requested: 'wasm', backend: 'wasm', software: false, attention: 'sdpa', label: 'wasm' },
    ...{ rules: [], warnings: [] },
  };
  await evaluateLane({
    task: { role: 'target', config, policy: policyOf(config), decision, batches: 3 },
    ...{ session: as, model, tokenizer, environment: environmentOf(session), source: 'text' },
    batches: { [Symbol.asyncIterator]: () => ({ next }) },
    collation: collateOptions(config, tokenizer, model.config),
    sink: {
      write() {},
      append(name, line) {
        if (name === 'samples.jsonl') samples.push(line);
        else events.push(`done ${(line as { batch: number }).batch}`);
      },
      appendLines() {},
    },
    say: () => {},
  });
  return { events, samples };
}

it('on a GPU while it computes, never more than one ahead and with the same results; on a CPU when it is done', async () => {
  const [cpu, gpu] = [await run(false), await run(true)];
  expect(cpu.events).toEqual(['asked', 'done 0', 'asked', 'done 1', 'asked', 'done 2', 'asked']);
  expect(gpu.events).toEqual(['asked', 'asked', 'done 0', 'asked', 'done 1', 'asked', 'done 2']);
  expect(gpu.samples).toEqual(cpu.samples);
});

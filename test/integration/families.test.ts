/**
 * Every family of the decoder through the command line, a process a run: the loss of a left-padded batch as transformers has
 * it (golden/decoder-options), and under a policy that leaves a query without a key a NaN of the same mechanism in each.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decoderTypes, parameterShapes, parseConfig } from '@nanscope/model';
import { float32Tensor, integerTensor, writeSafetensors } from '@nanscope/safetensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { batch, cases, configOf, labels, recorded, weightsOf } from '../golden/decoder-models.ts';
import { evaluate, workspace } from './cli.ts';

const { at } = workspace();
const inputs = at('inputs.safetensors');

beforeAll(async () => {
  const grid = (values: readonly number[]) => integerTensor(batch.shape, values);
  await writeSafetensors(inputs, {
    input_ids: grid(batch.inputIds),
    attention_mask: grid(batch.attentionMask),
    position_ids: grid(batch.positionIds),
    labels: grid(labels),
  });
});

/** A case of the family as a folder in Hugging Face layout. */
async function folderOf(name: string): Promise<string> {
  const folder = at(name.replace(/\W+/g, '-'));
  const config = configOf(cases[name]!);
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const values = weightsOf(cases[name]!.family);
  const tensors: Record<string, ReturnType<typeof float32Tensor>> = {};
  for (const [parameter, shape] of parameterShapes(parseConfig(config, folder))) {
    const size = shape.reduce((product, length) => product * length, 1);
    tensors[parameter] = float32Tensor(shape, await values(parameter, size));
  }
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  return folder;
}

/** The first case of each family. */
const chosen = decoderTypes.map((type) => {
  const name = Object.keys(cases).find((one) => cases[one]!.family === type);
  return [type, name!] as const;
});

describe('eval --model of every family', () => {
  it.each(chosen)('%s', async (_, name) => {
    const model = [
      '--model',
      await folderOf(name),
      '--load-inputs',
      inputs,
      '--device',
      'wasm',
      '--reference',
      'none',
    ];
    const safe = await evaluate(...model, '--trace', 'gate');
    expect(safe.code).toBe(0);
    const { loss, loss_float32 } = recorded[name]!;
    const noise = Math.max(Math.abs(loss_float32 - loss), 2 ** -23 * loss);
    expect(Math.abs(Number(safe.result.target!.metrics!.loss) - loss)).toBeLessThanOrEqual(2 * noise);

    const poisoned = await evaluate(...model, '--policy', 'torch-mps-2.8');
    expect(poisoned.code).toBe(0);
    const { metrics, cascade } = poisoned.result.target!;
    if (poisoned.result.target!.model.sinks) {
      // The sink is a key of every row: the mask alone is no NaN, and nothing is advised that would not be one.
      expect(Math.abs(Number(metrics!.loss) - loss)).toBeLessThanOrEqual(2 * noise);
      expect(cascade!.origin).toBeUndefined();
      expect(poisoned.result.verdict.next).not.toContain('NaN');
      return;
    }
    expect(metrics!.loss).toBe('NaN');
    expect(cascade!.origin!.mechanism.name).toBe('fully masked row');
    expect(cascade!.origin!.key).toMatch(/layers\.0\/(self_attn|attention)\//);
    expect(cascade!.origin!.coordinates.slice(0, 1)).toEqual([1]);
  });
});

/**
 * `--save-outputs FILE --grads` through the command line, against what PyTorch gave for the same model and batch in
 * float64 (golden/presets): every parameter's gradient, with NaN where the system has NaN, on every device.
 */
import { existsSync } from 'node:fs';
import { largest } from '@nanscope/conform';
import { integerTensor, readSafetensors, toFloat32, writeSafetensors } from '@nanscope/safetensors';
import { describe, expect, it } from 'vitest';
import { difference } from '../conformance/compare.ts';
import { float32Noise, modelBatches, recordings } from '../conformance/preset-goldens.ts';
import { modelFolder } from '../conformance/small-model.ts';
import { evaluate, run, workspace } from './cli.ts';
import { missingDevice } from './missing-device.ts';

const folder = workspace();
const { at, text } = folder;

/** A recorded batch as a file for `--load-inputs`. */
async function inputsOf(batch: string): Promise<string> {
  const { ids, mask, positions, labels } = modelBatches[batch]!;
  const tensor = (rows: readonly number[][]) => integerTensor([rows.length, rows[0]!.length], rows.flat());
  const file = at(`${batch}.safetensors`);
  await writeSafetensors(file, {
    input_ids: tensor(ids),
    attention_mask: tensor(mask),
    position_ids: tensor(positions),
    labels: tensor(labels),
  });
  return file;
}

const recorded = (preset: string) =>
  recordings.find(({ manifest }) => manifest.float32Noise && manifest.presets.some((one) => one === preset))!;

const ways = [
  ['transformers-5-eager', ['--attn', 'eager']],
  ['transformers-5-sdpa', ['--attn', 'sdpa']],
  ['transformers-5-sdpa', ['--attn', 'sdpa', '--sdpa-kernel', 'fused']],
] as const;

for (const device of ['javascript', 'wasm', 'tensorflow', 'gpu']) {
  const reason = await missingDevice(device, folder);
  describe.skipIf(reason !== '')(`eval --grads --device ${device}${reason}`, () => {
    it.each(ways)('--policy %s %j gives the recorded gradients', async (policy, how) => {
      const batch = 'left-padding';
      const { tensors } = recorded(policy);
      const file = at(`${device}-${policy}-${how.length}.safetensors`);
      const ended = await evaluate(
        ...['--model', modelFolder, '--tokenizer', 'bytes', '--load-inputs', await inputsOf(batch)],
        ...['--device', device, '--reference', 'none', '--trace', 'off', '--policy', policy, ...how],
        ...['--save-outputs', file, '--grads', '--out', at(`run-${device}-${policy}-${how.length}`)],
      );
      expect(ended.code, ended.stderr).toBe(0);
      const own = await readSafetensors(file);
      const prefix = `model.${batch}.grad.`;
      const names = Object.keys(tensors)
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length));
      expect(own.names.filter((name) => name.startsWith('grad.')).sort()).toEqual(
        names.map((name) => `grad.${name}`).sort(),
      );
      expect(own.names.includes('attn_probs.0')).toBe(!how.some((word) => word === 'fused'));
      for (const name of names) {
        const expected = tensors[`${prefix}${name}`]!;
        const { classes, required } = difference(toFloat32(await own.read(`grad.${name}`)), expected);
        expect(classes, name).toEqual([]);
        const floor = 8 * 2 ** -24 * largest(expected);
        expect(required, name).toBeLessThanOrEqual(Math.max(2 * float32Noise.grad, floor));
      }
    });
  });
}

describe('eval --grads', () => {
  it('is of the loss in the file, that of the first batch, and the log says of how many', async () => {
    const file = at('first.safetensors');
    const common = ['--device', 'wasm', '--reference', 'none', '--trace', 'off', '--data', text];
    const save = ['--save-outputs', file, '--grads'];
    const several = await run(['eval', ...common, '--batch-size', '2', ...save, '--out', at('several')]);
    expect(several.code, several.stderr).toBe(0);
    expect(several.stderr).toMatch(/holds the first of \d+ batches/);
    const first = await readSafetensors(file);
    const [part, bias] = [
      toFloat32(await first.read('loss')),
      toFloat32(await first.read('grad.transformer.ln_f.bias')),
    ];
    await run(['eval', ...common, '--limit', '2', '--batch-size', '2', ...save, '--out', at('alone')]);
    const alone = await readSafetensors(file);
    expect(toFloat32(await alone.read('loss'))).toEqual(part);
    expect(toFloat32(await alone.read('grad.transformer.ln_f.bias'))).toEqual(bias);
  });

  it('without --save-outputs is refused in one line, and nothing is written', async () => {
    const ended = await run(['eval', '--grads', '--data', text, '--out', at('refused')]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/\nnanscope: --grads: expected --save-outputs FILE.*\n$/);
    expect(existsSync(at('refused'))).toBe(false);
  });
});

/**
 * `--load-inputs` and `--save-outputs` against an independent reference implementation: every batch under every
 * convention for fully masked rows, names, shapes, places of NaN, and values. One run a device goes through the real
 * command line; all the others through the same functions in this process, on the backend that needs nothing installed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinBackend, type Session } from '@nanscope/backend';
import { evaluateBatch, loadInputs, saveOutputs } from '@nanscope/lane';
import { type CausalLM, loadCausalLM } from '@nanscope/model';
import { readSafetensors, toFloat32 } from '@nanscope/safetensors';
import { evalFlags, resolveFlags, toEvalConfig } from '@nanscope/settings';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difference } from '../conformance/compare.ts';
import { type Gpt2Case, gpt2Cases, policyOf } from '../conformance/gpt2-cases.ts';
import { vectorFolder } from '../conformance/vectors.ts';
import { evaluate, workspace } from './cli.ts';
import { missingDevice } from './missing-device.ts';

const folder = vectorFolder('gpt2-ref');
const own = workspace();
const { at } = own;

interface Tolerance {
  readonly outputs: number;
  readonly gradients: number;
}

const twice = ({ logits, grads }: Gpt2Case['float32Noise']): Tolerance => ({
  outputs: 2 * logits,
  gradients: 2 * grads,
});

/** Holds a written file against the reference's: the same tensors, shapes, classes, and values. */
async function check(
  written: string,
  reference: string,
  tolerance: Tolerance,
  has: (name: string) => boolean = () => true,
): Promise<void> {
  const [own, other] = [await readSafetensors(written), await readSafetensors(reference)];
  const names = other.names.filter((name) => other.info(name).dtype === 'F32' && has(name));
  expect([...own.names].sort()).toEqual([...names].sort());
  for (const name of names) {
    expect(own.info(name), name).toMatchObject({ dtype: 'F32', shape: other.info(name).shape });
    const { required, classes } = difference(
      toFloat32(await own.read(name)),
      toFloat32(await other.read(name)),
    );
    expect(classes, `${name}: places of NaN and infinities`).toEqual([]);
    expect(required, `${name}: required tolerance`).toBeLessThanOrEqual(
      name.startsWith('grad.') ? tolerance.gradients : tolerance.outputs,
    );
  }
}

describe.skipIf(folder === undefined)(
  `gpt2-ref${folder === undefined ? ' (skipped: ../shared/vectors is not beside this checkout)' : ''}`,
  () => {
    const cases = folder === undefined ? [] : gpt2Cases(folder);

    describe('every batch and convention', () => {
      const out = mkdtempSync(join(tmpdir(), 'nanscope-vectors-'));
      let session: Session;
      let model: CausalLM;
      beforeAll(async () => {
        session = await builtinBackend('wasm')!.open();
        model = await loadCausalLM({ directory: folder! });
      });
      afterAll(async () => {
        rmSync(out, { recursive: true });
        model?.dispose();
        await session?.dispose();
      });

      it.each(cases)('$id', async (item) => {
        const inputs = `${folder}/inputs.${item.batch}.safetensors`;
        const config = toEvalConfig(resolveFlags(evalFlags, { 'load-inputs': inputs }, undefined));
        for (const [implementation, kernel] of [
          ['eager', 'composed'],
          ['sdpa', 'composed'],
          ['sdpa', 'fused'],
        ] as const) {
          const computation = { model, implementation, kernel, policy: policyOf(item.convention) };
          const batch = await loadInputs(inputs, config, model.config);
          const result = await evaluateBatch(computation, batch);
          const path = join(out, `${implementation}-${kernel}.safetensors`);
          const before = tf.memory().numTensors;
          await saveOutputs(path, computation, batch, result, { gradients: true });
          expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
          const has = (name: string) => kernel === 'composed' || !name.startsWith('attn_probs.');
          await check(path, `${folder}/${item.file}`, twice(item.float32Noise), has);
        }
      });
    });

    describe.each([
      ['gpu', 'zero', ['--policy', 'safe'], { outputs: 1e-4, gradients: 1e-4 }],
      ['tensorflow', 'neginf', ['--fill', 'select-inf', '--row-guard', 'none'], undefined],
      ['wasm', 'fill_min', ['--fill', 'finfo-min', '--row-guard', 'none'], undefined],
      ['javascript', 'unmask', ['--row-guard', 'attend-all'], undefined],
    ] as const)('through the command line', async (device, convention, policy, tolerance) => {
      const reason = folder === undefined ? '' : await missingDevice(device, own);
      it.skipIf(reason !== '')(`--device ${device}${reason}`, async () => {
        const item = cases.find((one) => one.batch === 'leftpad' && one.convention === convention)!;
        const file = at(`${device}.safetensors`);
        const { code, result } = await evaluate(
          ...['--model', folder!, '--load-inputs', `${folder}/inputs.leftpad.safetensors`],
          ...['--save-outputs', file, '--grads', '--device', device, '--reference', 'none'],
          ...['--attn', 'sdpa', '--trace', 'off', '--out', at(device), ...policy],
        );
        expect(code).toBe(0);
        expect(result.target?.decision.requested).toBe(device);
        await check(file, `${folder}/${item.file}`, tolerance ?? twice(item.float32Noise));
      });
    });
  },
);

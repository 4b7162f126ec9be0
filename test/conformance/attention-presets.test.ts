/** The presets named after transformers releases give the losses and gradients that those releases gave. */
import { readFileSync } from 'node:fs';
import type { Implementation, PresetName } from '@nanscope/attention';
import { builtinBackend, type Session } from '@nanscope/backend';
import { type Gpt2, loadGpt2 } from '@nanscope/gpt2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCase } from './gpt2-cases.ts';
import { vectorFolder } from './vectors.ts';

interface Recorded {
  readonly transformers: string;
  readonly implementation: Implementation;
  readonly case: string;
  readonly loss: number;
  readonly gradient_norm: number;
}

const presets: Record<string, PresetName> = {
  '4.57.6 eager': 'transformers-4.57-eager',
  '4.57.6 sdpa': 'transformers-4.57-sdpa',
  '5.18.0 eager': 'transformers-5-eager',
  '5.18.0 sdpa': 'transformers-5-sdpa',
};

const folder = vectorFolder('gpt2-ref');
const golden = new URL('../../golden/attention/transformers-losses.json', import.meta.url);
const { results } = JSON.parse(readFileSync(golden, 'utf8')) as { results: Recorded[] };

describe.skipIf(!folder)(
  `transformers presets${folder ? '' : ' (skipped: ../shared/vectors is not beside this checkout)'}`,
  () => {
    let session: Session;
    let model: Gpt2;
    beforeAll(async () => {
      session = await builtinBackend('wasm').open();
      model = await loadGpt2({ directory: folder! });
    });
    afterAll(async () => {
      model?.dispose();
      await session?.dispose();
    });

    it.each(results)(
      '$case under transformers $transformers $implementation',
      async ({ transformers, implementation, case: batch, loss, gradient_norm }) => {
        const preset = presets[`${transformers} ${implementation}`]!;
        const float32Noise = { logits: 0, grads: 0 };
        const actual = await runCase(
          model,
          folder!,
          { id: preset, batch, convention: preset, file: '', float32Noise },
          implementation,
          true,
        );
        const gradients = Object.entries(actual).filter(([name]) => name.startsWith('grad.'));
        const squares = gradients.flatMap(([, values]) => Array.from(values, (x) => x * x));
        const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
        // Both are float32 runs of the same model: each within a few ulp of the float64 loss.
        expect(Math.abs(actual.loss![0]! - loss) <= 4e-6, `loss ${actual.loss![0]}, recorded ${loss}`).toBe(
          true,
        );
        expect(
          Math.abs(norm - gradient_norm) <= 1e-5 * gradient_norm,
          `norm ${norm}, recorded ${gradient_norm}`,
        ).toBe(true);
      },
    );
  },
);

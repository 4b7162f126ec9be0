/** Where GPT-2 drops activations in training, and at which rates. The random masks themselves are in kernels/dropout.ts. */
import type * as tf from '@tensorflow/tfjs';
import type { Gpt2Config } from './gpt2/config.ts';
import { dropout } from './kernels/dropout.ts';
import type { Columns } from './kernels/dropout-plan.ts';

/** The places of Hugging Face's GPT-2: the sum of the embeddings, probabilities, and what enters each residual sum. */
export type DropoutSite = 'embeddings' | `h.${number}.${'attn' | 'resid_attn' | 'resid_mlp'}`;

/** Applied to the activations of a site; `columns` places a block of probabilities in the whole rows. */
export type DropoutHook = <T extends tf.Tensor>(site: DropoutSite, x: T, columns?: Columns) => T;

type Rates = Pick<Gpt2Config, 'embd_pdrop' | 'attn_pdrop' | 'resid_pdrop'>;

function rateOf(site: DropoutSite, rates: Rates): number {
  if (site === 'embeddings') return rates.embd_pdrop;
  return site.endsWith('.attn') ? rates.attn_pdrop : rates.resid_pdrop;
}

/**
 * The hook of one training step for `ForwardOptions.dropout`: the same (seed, step) gives the same masks on every
 * backend. Under gradient accumulation every micro-batch needs a step of its own.
 *
 * @throws UserError `gpt2/dropout-rate` when it is called, for a rate outside 0..1
 */
export function dropoutHook(
  rates: Rates,
  { seed, step }: { readonly seed: number; readonly step: number },
): DropoutHook {
  return (site, x, columns) =>
    dropout(x, rateOf(site, rates), { seed, step, site: `dropout.${site}` }, columns);
}

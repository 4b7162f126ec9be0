/** Where models drop activations in training, and at which rates. The random masks themselves are in kernels/dropout.ts. */
import type * as tf from '@tensorflow/tfjs';
import { type Columns, dropout } from './kernels/dropout.ts';

/** By layer: the sum of the embeddings, probabilities, and what enters each residual sum. A family need not have all. */
export type DropoutSite = 'embeddings' | `h.${number}.${'attn' | 'resid_attn' | 'resid_mlp'}`;

/** Applied to the activations of a site; `columns` places a block of probabilities in the whole rows. */
export type DropoutHook = <T extends tf.Tensor>(site: DropoutSite, x: T, columns?: Columns) => T;

/** Where a family drops, with something for each place. */
export interface Sites<Value> {
  readonly embeddings?: Value;
  /** Attention probabilities. */
  readonly attention?: Value;
  /** What enters a residual sum. */
  readonly residual?: Value;
}

/** From 0 to 1 each. */
export type DropoutRates = Required<Sites<number>>;

function rateOf(site: DropoutSite, rates: DropoutRates): number {
  if (site === 'embeddings') return rates.embeddings;
  return site.endsWith('.attn') ? rates.attention : rates.residual;
}

/**
 * The hook of one training step for `ForwardOptions.dropout`: the same (seed, step) gives the same masks on every
 * backend. Under gradient accumulation every micro-batch needs a step of its own.
 *
 * @throws UserError `gpt2/dropout-rate` when it is called, for a rate outside 0..1
 */
export function dropoutHook(
  rates: DropoutRates,
  { seed, step }: { readonly seed: number; readonly step: number },
): DropoutHook {
  return (site, x, columns) =>
    dropout(x, rateOf(site, rates), { seed, step, site: `dropout.${site}` }, columns);
}

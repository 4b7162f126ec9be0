/** The policy that does what a PyTorch does, for the lane of ours beside it, so that the two compute the same. Pure. */
import { type LikeDecision, policyLike } from '@nanscope/attention';
import type { Decision } from '@nanscope/device';
import type { TorchProbe } from '@nanscope/record';

/** `2.15.0+cpu` is 2.15.0 to every table of versions. */
const plain = (version: string | null) => (version ?? '').split('+')[0];

/**
 * @param maskForm how the mask is handed to the model: a `4d` one reaches PyTorch as it is, with nothing of transformers in between
 */
export function policyOfTorch(
  { attention, torch: lane }: Pick<Decision, 'attention' | 'torch'>,
  { torch, transformers }: Pick<TorchProbe, 'torch' | 'transformers'>,
  maskForm: '2d' | '4d',
): LikeDecision {
  const device = lane?.device.split(':')[0];
  const own = `torch=${plain(torch)},device=${device}`;
  return attention === 'sdpa' && maskForm === '4d'
    ? policyLike(own)
    : policyLike(`${own},attn=${attention},transformers=${plain(transformers)}`);
}

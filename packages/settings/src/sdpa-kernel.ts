/** What `--sdpa-kernel fused` can not be together with, said before anything runs. */
import { type PresetName, policies } from '@nanscope/attention';
import { UserError } from '@nanscope/errors';
import type { EvalConfig } from './eval-config.ts';

type KernelConfig = Pick<EvalConfig, 'sdpaKernel' | 'attn' | 'policy'> & {
  readonly dropout?: number;
};

/** @throws {UserError} `usage/sdpa-kernel` */
export function checkSdpaKernel({ sdpaKernel, attn, policy, dropout = 0 }: KernelConfig): void {
  if (sdpaKernel !== 'fused') return;
  const refuse = (what: string, why: string, next: string) => {
    throw new UserError('usage/sdpa-kernel', `--sdpa-kernel fused and ${what}: ${why}. ${next}`);
  };
  const composed = 'or --sdpa-kernel composed.';
  if (attn === 'eager') refuse('--attn eager', 'expected sdpa, found eager', `Use --attn sdpa, ${composed}`);
  if (attn === 'auto' && policies[policy as PresetName]?.implementation === 'eager')
    refuse(`--policy ${policy}`, 'expected sdpa, found a policy of eager', `Add --attn sdpa, ${composed}`);
  if (dropout > 0)
    refuse(
      `--dropout ${dropout}`,
      'expected no dropout of probabilities, which it never holds',
      `Use --dropout 0, ${composed}`,
    );
}

/** The devices of a run, asked for by name: nothing falls back. */
import type { Decision } from '@nanscope/device';
import { backendName } from '@nanscope/record';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';
import type { Fault } from './fault.ts';

/** The name under which a decided backend is asked for again. */
export const deviceNameOf = ({ backend }: Pick<Decision, 'backend'>): string => backendName(backend);

export function decideAgain(
  { lane, reference, config }: Pick<Fault, 'lane' | 'reference' | 'config'>,
  say: (what: string) => void,
): Promise<Decided> {
  return decide(
    {
      ...config,
      device: deviceNameOf(lane.decision),
      reference: reference ? deviceNameOf(reference.decision) : 'none',
      mpsRule: 'off',
      attn: lane.decision.attention === 'eager' ? 'eager' : 'sdpa',
    },
    say,
  );
}

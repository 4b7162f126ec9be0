/** What the resolver's MPS rule makes of an Apple GPU in each of its modes. Pure: from adapter facts, on any machine. */
import { type AttentionProbeOutcome, type MpsRule, resolve } from '@nanscope/device';

/** The facts that a resolver sees of an Apple GPU under WebGPU. */
const apple: Parameters<typeof resolve>[1] = [
  {
    id: 'webgpu',
    available: true,
    facts: {
      id: 'webgpu',
      version: 'recorded',
      adapter: {
        vendor: 'apple',
        architecture: 'metal-3',
        device: '',
        description: 'Metal driver on macOS',
        api: 'metal',
        software: false,
        features: [],
      },
      capabilities: { gpu: true, shaderF16: true, subgroups: true, strictNumerics: false },
    },
  },
];

const probed = (implementation: 'eager' | 'sdpa', passed: boolean): AttentionProbeOutcome => ({
  implementation,
  probe: 'fully-masked-row',
  passed,
  detail: '',
});

/** The attention chosen on Metal: by the seed rule, by probes that sdpa passes or fails, and with the rule off. */
export function mpsRuleOutcomes(): Readonly<
  Record<'seed' | 'probe, sdpa passes' | 'probe, sdpa fails' | 'off', string>
> {
  const decide = (mpsRule: MpsRule, sdpaPasses: boolean) =>
    resolve({ device: 'mps', attention: 'auto', mpsRule }, apple, [
      probed('sdpa', sdpaPasses),
      probed('eager', true),
    ]).attention;
  return {
    seed: decide('seed', true),
    'probe, sdpa passes': decide('probe', true),
    'probe, sdpa fails': decide('probe', false),
    off: decide('off', false),
  };
}

/** Every combination of device name, adapter, CPU backends, attention and rule, against a table written by hand. */
import type { BackendFacts, BackendId, Probe } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';
import { backendName } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { type AdapterKey, adapters } from '../../../test/fixtures/adapters.ts';
import type { DeviceRequest } from './request.ts';
import { type AttentionProbeOutcome, attentionToProbe, resolve } from './resolve.ts';
import { type BuiltinDevice, deviceNames } from './table.ts';

const adapterKeys = [undefined, ...(Object.keys(adapters) as AdapterKey[])];
const attentions = ['auto', 'eager', 'sdpa'] as const;
const rules = ['eager', 'probe', 'off'] as const;

function facts(id: BackendId, adapter?: AdapterKey): BackendFacts {
  return {
    id,
    version: `${id} 1.0`,
    ...(adapter ? { adapter: adapters[adapter] } : {}),
    capabilities: {
      gpu: adapter !== undefined,
      shaderF16: false,
      subgroups: false,
      strictNumerics: !adapter,
    },
  };
}

const absent = (id: BackendId): Probe => ({
  id,
  available: false,
  reason: `${id} is not here`,
  remedy: `Install ${id}.`,
});

interface Machine {
  readonly adapter: AdapterKey | undefined;
  readonly tensorflow: boolean;
  readonly wasm: boolean;
}

function probesOf({ adapter, tensorflow, wasm }: Machine): Probe[] {
  const here = (id: BackendId, present: boolean, key?: AdapterKey): Probe =>
    present ? { id, available: true, facts: facts(id, key) } : absent(id);
  return [
    here('webgpu', adapter !== undefined, adapter),
    here('tensorflow', tensorflow),
    here('wasm', wasm),
    here('cpu', true),
  ];
}

/** The adapters each GPU device name accepts. */
const accepted: Partial<Record<BuiltinDevice, readonly AdapterKey[]>> = {
  gpu: Object.keys(adapters) as AdapterKey[],
  webgpu: Object.keys(adapters) as AdapterKey[],
  metal: ['apple-m1', 'apple-m3'],
  mps: ['apple-m1', 'apple-m3'],
  vulkan: ['nvidia-vulkan', 'amd', 'intel', 'llvmpipe', 'swiftshader'],
  d3d12: ['nvidia-d3d12', 'warp'],
};
const hardware: readonly (AdapterKey | undefined)[] = [
  'apple-m1',
  'apple-m3',
  'nvidia-vulkan',
  'nvidia-d3d12',
  'amd',
  'intel',
];

/** The backend the table expects, or undefined for exit code 3. */
function expectedBackend(device: BuiltinDevice, machine: Machine): string | undefined {
  const bestCpu = machine.tensorflow ? 'tensorflow' : machine.wasm ? 'wasm' : 'cpu';
  if (device === 'auto') return hardware.includes(machine.adapter) ? 'webgpu' : bestCpu;
  if (device === 'cpu') return bestCpu;
  if (device === 'javascript') return 'cpu';
  if (device === 'tensorflow') return machine.tensorflow ? 'tensorflow' : undefined;
  if (device === 'wasm') return machine.wasm ? 'wasm' : undefined;
  return machine.adapter && accepted[device]?.includes(machine.adapter) ? 'webgpu' : undefined;
}

/** attention -> rule -> [on Metal, elsewhere]. */
const expectedAttention = {
  auto: { eager: ['eager', 'sdpa'], probe: ['measured', 'measured'], off: ['sdpa', 'sdpa'] },
  eager: { eager: ['eager', 'eager'], probe: ['eager', 'eager'], off: ['eager', 'eager'] },
  sdpa: { eager: ['eager', 'sdpa'], probe: ['sdpa', 'sdpa'], off: ['sdpa', 'sdpa'] },
} as const;

/** Outcomes on a device where only eager is right, so that a measured decision differs from any other. */
const measured: readonly AttentionProbeOutcome[] = [
  { implementation: 'sdpa', probe: 'causal-leak', passed: false, detail: 'leaks' },
  { implementation: 'eager', probe: 'causal-leak', passed: true, detail: 'holds' },
];

const machines = adapterKeys.flatMap((adapter) =>
  [true, false].flatMap((tensorflow) =>
    [true, false].map((wasm): Machine => ({ adapter, tensorflow, wasm })),
  ),
);
const requests = attentions.flatMap((attention) => rules.map((mpsRule) => ({ attention, mpsRule })));

function thrown(request: DeviceRequest, probes: Probe[]): UserError {
  try {
    resolve(request, probes);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('expected resolve to throw');
}

describe.each(deviceNames)('--device %s', (device) => {
  it.each(machines)('adapter $adapter, tensorflow $tensorflow, wasm $wasm', (machine) => {
    const probes = probesOf(machine);
    const backend = expectedBackend(device, machine);
    for (const request of requests) {
      if (backend === undefined) {
        const error = thrown({ device, ...request }, probes);
        expect(error).toMatchObject({ code: 'device/not-found', exitCode: 3 });
        expect(error.message).toContain(`--device ${device} looks for`);
        for (const probe of probes) expect(error.message).toContain(backendName(probe.id));
        continue;
      }
      const decision = resolve({ device, ...request }, probes, measured);
      const onGpu = backend === 'webgpu';
      const adapter = onGpu && machine.adapter ? adapters[machine.adapter] : undefined;
      const metal = adapter?.api === 'metal';
      expect(decision.requested).toBe(device);
      expect(decision.backend).toBe(backend);
      expect(decision.adapter).toEqual(adapter);
      expect(decision.software).toBe(adapter?.software ?? false);
      const attention = expectedAttention[request.attention][request.mpsRule][metal ? 0 : 1];
      const open = attentionToProbe({ device, ...request }, probes);
      expect(open).toEqual(attention === 'measured' ? { backend, label: decision.label } : undefined);
      expect(decision.attention).toBe(attention === 'measured' ? 'eager' : attention);
      const seeded = metal && request.mpsRule === 'eager' && request.attention !== 'eager';
      expect(decision.rules.some(({ rule }) => rule === 'mps-eager')).toBe(seeded);
      expect(decision.warnings).toHaveLength(
        (decision.software ? 1 : 0) + (seeded || attention === 'measured' ? 1 : 0),
      );
      expect(decision.rules.every(({ reason }) => reason.length > 0)).toBe(true);
    }
  });
});

describe('what a user reads', () => {
  it('attention that the policy brings is not called a request', () => {
    const reasonOf = (more: object) => {
      const request = { device: 'wasm', attention: 'sdpa', mpsRule: 'probe', ...more } as const;
      const { rules } = resolve(request, probesOf({ adapter: undefined, tensorflow: false, wasm: true }));
      return rules.find(({ rule }) => rule === 'attention-explicit')?.reason;
    };
    expect(reasonOf({})).toBe('attention is sdpa by request');
    expect(reasonOf({ attentionOf: 'the policy jax' })).toBe('attention is sdpa, as the policy jax has it');
  });

  const linux = probesOf({ adapter: 'llvmpipe', tensorflow: false, wasm: true });
  const request = { attention: 'auto', mpsRule: 'probe' } as const;

  it('mps on a Linux machine: one line with what was looked for, what was found, and the remedy', () => {
    const { message } = thrown({ device: 'mps', ...request }, linux);
    expect(message).toBe(
      '--device mps looks for WebGPU over Metal, and it is not on this machine. Found: webgpu · llvmpipe (software, Vulkan); ' +
        'no tensorflow (tensorflow is not here); wasm; javascript. Run this on a Mac with access to its GPU, or use the adapter that is here with --device gpu.',
    );
  });

  it('a backend that is absent passes its own remedy on', () => {
    expect(thrown({ device: 'tensorflow', ...request }, linux).message).toMatch(/Install tensorflow\.$/);
    const bare = probesOf({ adapter: undefined, tensorflow: false, wasm: true });
    expect(thrown({ device: 'gpu', ...request }, bare).message).toMatch(/Install webgpu\.$/);
    expect(thrown({ device: 'mps', ...request }, bare).message).not.toContain('--device gpu');
  });

  it('an unknown name is a usage error that offers the nearest', () => {
    const error = thrown({ device: 'vulcan', ...request }, linux);
    expect(error).toMatchObject({ code: 'device/unknown', exitCode: 2 });
    expect(error.message).toContain('Did you mean vulkan?');
    expect(thrown({ device: 'toString', ...request }, linux)).toMatchObject({ exitCode: 2 });
  });

  it('auto says why a software GPU was passed over, and which CPU backends are missing', () => {
    const decision = resolve({ device: 'auto', ...request }, linux, measured);
    expect(decision.rules.map(({ rule }) => rule)).toEqual(['auto', 'best-cpu', 'attention-probe']);
    expect(decision.rules[0]?.reason).toContain('llvmpipe (software, Vulkan) is emulated on the CPU');
    expect(decision.rules[1]?.reason).toContain('tensorflow is not here');
  });

  it.each([
    ['apple-m3', 'webgpu · apple m3 pro (Metal)'],
    ['nvidia-d3d12', 'webgpu · nvidia geforce rtx 4090 (Direct3D 12)'],
    ['llvmpipe', 'webgpu · llvmpipe (software, Vulkan)'],
    ['swiftshader', 'webgpu · SwiftShader (software, Vulkan)'],
    ['warp', 'webgpu · WARP (software, Direct3D 12)'],
  ] as const)('label of %s', (adapter, label) => {
    const probes = probesOf({ adapter, tensorflow: false, wasm: true });
    expect(resolve({ device: 'gpu', ...request }, probes, measured).label).toBe(label);
  });
});

describe('third-party backends', () => {
  const request = { attention: 'sdpa', mpsRule: 'off' } as const;
  const probes = probesOf({ adapter: undefined, tensorflow: false, wasm: true });

  it('is chosen by its id, and by nothing else', () => {
    const mine: Probe = { id: 'mine', available: true, facts: facts('mine') };
    expect(resolve({ device: 'mine', ...request }, [mine, ...probes]).backend).toBe('mine');
    expect(resolve({ device: 'auto', ...request }, [mine, ...probes]).backend).toBe('wasm');
  });

  it('fails with its own remedy when it is absent', () => {
    const error = thrown({ device: 'mine', ...request }, [absent('mine'), ...probes]);
    expect(error).toMatchObject({ code: 'device/not-found', exitCode: 3 });
    expect(error.message).toMatch(/Install mine\.$/);
  });
});

it('nothing probed is exit code 3, not a crash', () => {
  for (const device of ['auto', 'cpu', 'gpu']) {
    expect(thrown({ device, attention: 'auto', mpsRule: 'probe' }, [])).toMatchObject({ exitCode: 3 });
  }
});

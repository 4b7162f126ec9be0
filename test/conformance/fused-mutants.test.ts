/**
 * Faults put into the fused shaders on purpose. Each must be caught by a case that is named here; the same cases pass
 * without a fault. Looked for in the forward pass, which a software adapter compiles in a fraction of the time, but for
 * those of the backward pass.
 */
import { type Policy, policies, policyFrom, type ReferenceProblem } from '@nanscope/attention';
import { backends, type Session } from '@nanscope/backend';
import { type ConformCase, numbers, oracleCase, runCase, tensorflowImplementation } from '@nanscope/conform';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { probeOf } from './probes.ts';

vi.setConfig({ testTimeout: 240_000 });

const webgpu = backends().find(({ id }) => id === 'webgpu')!;
const { probe } = await probeOf(webgpu);
const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;

function caseOf(
  id: string,
  mask: NonNullable<ReferenceProblem['mask']>,
  {
    policy = policies.safe,
    range = 2,
    change = {},
  }: { policy?: Policy; range?: number; change?: Partial<ReferenceProblem> } = {},
): ConformCase {
  const size = { B: 2, H: 4, Hkv: 2, T: 9, S: 37, D: 8, Dv: 8 };
  const { B, H, Hkv, T, S, D, Dv } = size;
  return oracleCase(id, {
    ...size,
    q: numbers(1, B * H * T * D, range),
    k: numbers(2, B * Hkv * S * D, range),
    v: numbers(3, B * Hkv * S * Dv, 2),
    dout: numbers(4, B * H * T * Dv, 2),
    policy,
    mask,
    ...change,
  });
}

const padding = (keep: (b: number, s: number) => boolean) =>
  Array.from({ length: 2 * 37 }, (_, i) => Number(keep(Math.floor(i / 37), i % 37)));

const bare = policyFrom({ preset: 'torch-2.4' });
const nanScore = { q: numbers(1, 2 * 4 * 9 * 8, 2).map((x, i) => (i === 0 ? Number.NaN : x)) };

/** More queries than a tile has, and NaN in the last key, which the last query alone may see. */
const tall = {
  T: 40,
  q: numbers(1, 2 * 4 * 40 * 8, 2),
  dout: numbers(4, 2 * 4 * 40 * 8, 2),
  v: numbers(3, 2 * 2 * 37 * 8, 2).map((x, i) => (Math.floor(i / 8) % 37 === 36 ? Number.NaN : x)),
};

const cases = {
  plain: caseOf('plain', {}),
  causal: caseOf('causal', { causal: true }),
  window: caseOf('window', { window: 3 }),
  padded: caseOf('padded', { padding: padding((b, s) => (b === 0 ? s > 5 : s < 20)) }),
  'no key': caseOf('no key', { padding: padding((b) => b === 1) }),
  'no key, no guard': caseOf('no key, no guard', { padding: padding((b) => b === 1) }, { policy: bare }),
  'large scores': caseOf('large scores', {}, { range: 30 }),
  'a late NaN': caseOf('a late NaN', { causal: true }, { change: tall }),
  'a NaN query': caseOf('a NaN query', {}, { change: nanScore }),
} satisfies Record<string, ConformCase>;

interface Fault {
  readonly name: string;
  /** In which text, and what it becomes. Every occurrence. */
  readonly from: string | RegExp;
  readonly to: string;
  readonly caughtBy: readonly (keyof typeof cases)[];
  /** Whether the mutant is in the backward pass. */
  readonly backward?: true;
}

const faults: readonly Fault[] = [
  {
    name: 'the row guard is gone',
    from: 'uniforms.guard == 4);',
    to: 'uniforms.guard == 9);',
    caughtBy: ['no key'],
  },
  { name: 'the causal mask is off by one', from: 's <= position', to: 's < position', caughtBy: ['causal'] },
  { name: 'the window is off by one', from: 's > position - ', to: 's >= position - ', caughtBy: ['window'] },
  {
    name: 'the maximum is not subtracted',
    from: /return select\(maximum, 0\.0, .*\);/,
    to: 'return maximum * 0.0;',
    caughtBy: ['large scores'],
  },
  {
    name: 'sums are kept in half',
    from: /out(\d)_(\d) \+= w/g,
    to: 'out$1_$2 = vec4<f32>(unpack2x16float(pack2x16float(out$1_$2.xy)), unpack2x16float(pack2x16float(out$1_$2.zw))) + w',
    caughtBy: ['plain', 'causal'],
  },
  {
    name: 'NaN is looked for by a comparison that lets max drop it, and its score is cut',
    from: 's0_0 = scoreOf(s0_0);',
    to: 's0_0 = max(s0_0, vec4<f32>(-1e30));',
    caughtBy: ['a NaN query'],
  },
  {
    name: 'blocked tiles are left out whatever they hold',
    from: 'flags | (Large[b * length + i] * 4)',
    to: 'flags',
    caughtBy: ['a late NaN'],
  },
  {
    name: 'the tail of the keys is not masked',
    from: '| (s >= vec4<i32>(uniforms.keys))',
    to: '',
    caughtBy: ['plain'],
  },
  {
    name: 'padding is read with the wrong batch stride',
    from: 'let row = b * uniforms.keys;',
    to: 'let row = 0;',
    caughtBy: ['padded'],
  },
  {
    name: 'query heads read the wrong key head',
    from: 'return h * uniforms.keyHeads / uniforms.heads;',
    to: 'return h % uniforms.keyHeads;',
    caughtBy: ['plain'],
  },
  {
    name: 'dk and dv are not summed over the group',
    from: 'member < share',
    to: 'member < 1',
    caughtBy: ['plain'],
    backward: true,
  },
];

interface Program {
  shaderKey: string;
  getUserCode: () => string;
}

describe.skipIf(!probe.available)(`faults in the fused shaders${reason}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await webgpu.open();
  });
  afterAll(() => session?.dispose());

  const fused = tensorflowImplementation('fused');
  const failing = async (names: readonly (keyof typeof cases)[], backward = false) => {
    const failed: string[] = [];
    for (const name of names) {
      const { status } = await runCase(cases[name], backward ? fused : { ...fused, forwardOnly: true });
      if (status !== 'pass') failed.push(name);
    }
    return failed;
  };

  it('pass all cases when there is none', async () => {
    expect(await failing(Object.keys(cases) as (keyof typeof cases)[])).toEqual([]);
    expect(await failing(['plain'], true)).toEqual([]);
  });

  it.each(faults.map((fault) => [fault.name, fault] as const))('are caught: %s', async (_, fault) => {
    const backend = tf.backend() as unknown as {
      runWebGPUProgram(program: Program, ...rest: unknown[]): unknown;
    };
    const original = backend.runWebGPUProgram;
    let changed = 0;
    backend.runWebGPUProgram = (program, ...rest) => {
      const code = program.getUserCode();
      const faulty =
        typeof fault.from === 'string'
          ? code.replaceAll(fault.from, fault.to)
          : code.replace(fault.from, fault.to);
      if (faulty === code) return original.call(backend, program, ...rest);
      changed++;
      return original.call(
        backend,
        { ...program, shaderKey: `${program.shaderKey} ${fault.name}`, getUserCode: () => faulty },
        ...rest,
      );
    };
    try {
      expect(await failing(fault.caughtBy, fault.backward)).toEqual(fault.caughtBy);
    } finally {
      backend.runWebGPUProgram = original;
    }
    expect(changed).toBeGreaterThan(0);
  });
});

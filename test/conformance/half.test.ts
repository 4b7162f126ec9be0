/**
 * Attention in half against the systems that the presets are named after (golden/half): where q k^T or the scaled scores
 * leave half's range, who has NaN and who does not. Every implementation on every backend, and the float64 oracle.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type PresetName, policyFrom, type ReferenceProblem, referenceAttention } from '@nanscope/attention';
import { largest, measure, outputOnly, tensorflowImplementation, withGradients } from '@nanscope/conform';
import { readSafetensors, toFloat32 } from '@nanscope/safetensors';
import { describe, expect, it, vi } from 'vitest';
import { onEveryBackend } from './on-every-backend.ts';

// A software adapter compiles a variant of the fused kernel in seconds.
vi.setConfig({ testTimeout: 240_000 });

const at = (path: string) => fileURLToPath(new URL(`../../golden/half/${path}`, import.meta.url));
const json = <T>(path: string) => JSON.parse(readFileSync(at(path), 'utf8')) as T;

interface Listed {
  readonly name: string;
  readonly padding: readonly number[][];
  readonly B: number;
  readonly H: number;
  readonly T: number;
  readonly D: number;
}
interface Manifest {
  readonly presets: readonly PresetName[];
  readonly sha256: Readonly<Record<string, string>>;
}

const listed = json<Listed[]>('problems.json');
const inputs = await readSafetensors(at('problems.safetensors'));
const systems = readdirSync(at('.'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== '__pycache__')
  .map(({ name }) => ({ name, manifest: json<Manifest>(`${name}/manifest.json`) }));

interface Proof {
  readonly system: string;
  readonly problem: ReferenceProblem;
  readonly expected: Float32Array;
}

async function proofOf(
  system: string,
  preset: PresetName,
  { name, padding, ...sizes }: Listed,
): Promise<Proof> {
  const read = async (x: string) => toFloat32(await inputs.read(`${name}.${x}`));
  const results = await readSafetensors(at(`${system}/results.safetensors`));
  const [q, k, v] = [await read('q'), await read('k'), await read('v')];
  const { B, H, T, D } = sizes;
  return {
    system,
    problem: {
      ...{ B, H, Hkv: H, T, S: T, D, Dv: D, q, k, v },
      mask: { causal: true, padding: padding.flat() },
      policy: policyFrom({ preset, computeDtype: 'f16' }),
    },
    expected: toFloat32(await results.read(`${name}.out`)),
  };
}

const proofs = await Promise.all(
  systems.flatMap(({ name, manifest }) =>
    manifest.presets.flatMap((preset) =>
      listed.map(async (problem) => {
        const id = `preset:${preset};system=${name};problem=${problem.name}`;
        return [id, await proofOf(name, preset, problem)] as const;
      }),
    ),
  ),
);

/** Probabilities and context are each rounded to half once, by us and by the system: four half ulps of the largest v. */
const allowedOf = ({ v }: ReferenceProblem) => 4 * 2 ** -11 * largest(v);

const failure = ({ problem, expected }: Proof, actual: ArrayLike<number>) =>
  measure({ name: 'out', actual, expected, allowed: allowedOf(problem) }).failure;

describe('golden/half', () => {
  it.each(systems)('$name is what its manifest says, byte for byte', ({ name, manifest }) => {
    for (const [file, sha256] of Object.entries(manifest.sha256)) {
      const bytes = readFileSync(at(file === 'results.safetensors' ? `${name}/${file}` : file));
      expect(createHash('sha256').update(bytes).digest('hex'), file).toBe(sha256);
    }
  });

  it.each(proofs)('the oracle: %s', (_, proof) => {
    expect(failure(proof, referenceAttention(proof.problem).out)).toBeUndefined();
  });
});

const implementations = ['eager', 'sdpa', 'fused'] as const;
const gradients = ['dq', 'dk', 'dv'] as const;

onEveryBackend(({ id }) => {
  // The same policy asked of another version differs in nothing that a backend could tell.
  const asked = id === 'wasm' ? proofs : proofs.filter(([, { system }]) => !/math|4\.57.*sdpa/.test(system));
  it.each(asked)('%s', async (_, proof) => {
    for (const implementation of implementations) {
      const { out } = await tensorflowImplementation(implementation).run(proof.problem, outputOnly);
      expect(failure(proof, out), implementation).toBeUndefined();
    }
  });

  it('q k^T beyond float32 is infinite before it is scaled under the presets of transformers, as torch gives it', async () => {
    const [B, H, T, D] = [1, 1, 2, 64];
    const sizes = { B, H, Hkv: H, T, S: T, D, Dv: D };
    const [q, k] = [new Float32Array(T * D).fill(3e18), new Float32Array(T * D).fill(3e18)];
    const v = Float32Array.from({ length: T * D }, (_, i) => i);
    for (const implementation of implementations) {
      const out = async (preset: PresetName) => {
        const asked = { ...sizes, q, k, v, policy: policyFrom({ preset }) };
        return Array.from((await tensorflowImplementation(implementation).run(asked, outputOnly)).out);
      };
      for (const preset of ['transformers-5-eager', 'transformers-5-sdpa', 'transformers-4.57-sdpa'] as const)
        expect((await out(preset)).every(Number.isNaN), `${preset} ${implementation}`).toBe(true);
      expect((await out('torch-2.5')).every(Number.isFinite), implementation).toBe(true);
    }
  });

  it.each(['before-scale', 'after-scale', 'never'] as const)(
    'gradients are those of the oracle where scores are rounded: %s',
    async (scoreRounding) => {
      const [, { problem }] = proofs.find(([name]) => name.endsWith('eager;problem=masked-rows'))!;
      const asked = { ...problem, policy: { ...problem.policy, scoreRounding } };
      const exact = referenceAttention(asked);
      for (const implementation of implementations) {
        const own = await tensorflowImplementation(implementation).run(asked, withGradients);
        for (const name of gradients) {
          // P is rounded to half in some backward passes and not in others: one half ulp of the largest gradient, twice.
          const allowed = 2 * 2 ** -11 * Math.max(...gradients.map((one) => largest(exact[one])));
          const found = measure({ name, actual: own[name], expected: exact[name], allowed });
          expect(found.failure, implementation).toBeUndefined();
        }
      }
    },
  );
});

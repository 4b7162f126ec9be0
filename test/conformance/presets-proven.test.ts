/**
 * Every preset against the real system it is named after, as golden/presets recorded it: output, gradients and the
 * places of NaN of attention, and loss, logits and gradients of GPT-2 where the system is one with a model.
 * All of it on wasm; on the other backends what tells the presets apart.
 */
import {
  type PresetName,
  policies,
  presetNames,
  type ReferenceProblem,
  referenceAttention,
} from '@nanscope/attention';
import {
  type AttentionNumbers,
  largest,
  measure,
  relativeError,
  tensorflowImplementation,
  withGradients,
} from '@nanscope/conform';
import { type CausalLM, loadCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ModelNumbers, runModel } from './model-run.ts';
import { onEveryBackend } from './on-every-backend.ts';
import {
  askedOf,
  float32Noise,
  modelBatches,
  notRun,
  policyOf,
  problemOf,
  problems,
  type Recording,
  recordings,
  stale,
} from './preset-goldens.ts';
import { modelFolder } from './small-model.ts';

// A software adapter compiles a variant of matmul in seconds, and in a minute when the machine is busy.
vi.setConfig({ testTimeout: 240_000 });

const names = ['out', 'dq', 'dk', 'dv'] as const;
/** ulp of the largest number: the floor of the tolerance. */
const FLOOR = 8 * 2 ** -24;

interface Proof {
  readonly id: string;
  readonly recording: Recording;
  readonly asked: string;
  readonly problem: ReferenceProblem;
  /** Id of the known difference, where there is one. */
  readonly differs: string | undefined;
}

const proofs: readonly Proof[] = recordings.flatMap((recording) =>
  recording.manifest.presets.flatMap((preset) =>
    askedOf(recording).map(({ asked, problem }) => ({
      id: `preset:${preset};system=${recording.name};problem=${asked}`,
      recording,
      asked,
      problem: problemOf(recording, preset, problem),
      differs: recording.manifest.differs.find((known) => known.problem === asked)?.id,
    })),
  ),
);

/** How far each tensor may be off, from the float64 oracle and plain float32: worked out once for all that are held against a problem. */
const tolerances = new Map<ReferenceProblem, Readonly<Record<(typeof names)[number], number>>>();
function tolerancesOf(problem: ReferenceProblem) {
  const known = tolerances.get(problem);
  if (known) return known;
  const [exact, plain] = [referenceAttention(problem), referenceAttention(problem, 'float32')];
  const error = Math.max(...names.map((name) => relativeError(plain[name], exact[name])));
  const floor = FLOOR * Math.max(...names.map((name) => largest(exact[name])));
  const of = (name: (typeof names)[number]) => Math.max(2 * error * largest(exact[name]), floor);
  const found = { out: of('out'), dq: of('dq'), dk: of('dk'), dv: of('dv') };
  tolerances.set(problem, found);
  return found;
}

/** A line for each recorded tensor that `actual` does not give. */
function failures({ recording, asked, problem }: Proof, actual: AttentionNumbers): string[] {
  const tolerance = tolerancesOf(problem);
  return names.flatMap((name) => {
    const expected = recording.tensors[`${asked}.${name}`];
    if (!expected) return [];
    const { failure } = measure({ name, actual: actual[name], expected, allowed: tolerance[name] });
    return failure ? [`${name}: ${failure}`] : [];
  });
}

describe('golden/presets', () => {
  it.each(recordings)('$name is what its manifest says, byte for byte', (recording) => {
    expect(stale(recording)).toEqual([]);
  });

  it.each(presetNames)('%s has a recorded system, or a source and the reason why it has none', (preset) => {
    const systems = recordings.filter(({ manifest }) => manifest.presets.includes(preset));
    const why = notRun[preset];
    expect([systems.length > 0, why !== undefined], 'one of the two').toContain(true);
    expect(systems.length > 0 && why !== undefined, 'not both').toBe(false);
  });

  it.each(recordings)('$name was asked every problem that it does not name as left out', (recording) => {
    const asked = askedOf(recording).map(({ problem }) => problem);
    const missing = Object.keys(problems).filter((problem) => !asked.includes(problem));
    expect(missing.sort()).toEqual(Object.keys(recording.manifest.leftOut).sort());
  });
});

const modelProofs = recordings.flatMap((recording) =>
  recording.manifest.float32Noise
    ? recording.manifest.presets.flatMap((preset) =>
        Object.keys(modelBatches).map((batch) => ({
          id: `preset:${preset};system=${recording.name};model=${batch}`,
          recording,
          policy: policyOf(recording, preset),
          batch,
        })),
      )
    : [],
);

/** A line for each recorded tensor of the model that `actual` does not give. */
function modelFailures(
  { recording: { tensors }, batch }: (typeof modelProofs)[number],
  { loss, logits, gradients }: ModelNumbers,
): string[] {
  const names = Object.entries(gradients).map(([name, x]) => [`grad.${name}`, x] as const);
  const actual = new Map<string, ArrayLike<number>>([['loss', [loss]], ['logits', logits], ...names]);
  const recorded = Object.keys(tensors).filter((name) => name.startsWith(`model.${batch}.`));
  return recorded.flatMap((key) => {
    const name = key.slice(`model.${batch}.`.length);
    const allowed = Math.max(
      2 * float32Noise[name.split('.')[0] as keyof typeof float32Noise],
      FLOOR * largest(tensors[key]!),
    );
    const { failure } = measure({ name, actual: actual.get(name), expected: tensors[key]!, allowed });
    return failure ? [`${name}: ${failure}`] : [];
  });
}

/** One recording a preset, and the problems in which presets part: a row without a key, its backward pass, NaN. */
const first = (preset: PresetName) => recordings.find(({ manifest }) => manifest.presets.includes(preset));
const telling = proofs.filter(
  ({ recording, asked, differs }) =>
    ['left-padding', 'explicit-float', 'nan-in-padded-keys', 'nan-in-padded-values'].includes(asked) &&
    differs === undefined &&
    recording.manifest.presets.some((preset) => first(preset) === recording),
);

onEveryBackend(({ id }) => {
  describe.each(['eager', 'sdpa', 'fused'] as const)('%s', (implementation) => {
    it.each((id === 'wasm' ? proofs : telling).map((proof) => [proof.id, proof] as const))(
      '%s',
      async (_, proof) => {
        const before = tf.memory().numTensors;
        const found = failures(
          proof,
          await tensorflowImplementation(implementation).run(proof.problem, withGradients),
        );
        expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
        if (proof.differs) expect(found, `${proof.differs} is no longer so`).not.toEqual([]);
        else expect(found).toEqual([]);
      },
    );
  });

  describe('GPT-2', () => {
    let model: CausalLM;
    beforeAll(async () => {
      model = await loadCausalLM({ directory: modelFolder });
    });
    afterAll(() => model?.dispose());

    const asked = id === 'wasm' ? modelProofs : modelProofs.filter(({ batch }) => batch === 'all-padding');
    it.each(asked.map((proof) => [proof.id, proof] as const))('%s', async (_, proof) => {
      const { ids, mask, positions, labels } = modelBatches[proof.batch]!;
      const batch = {
        shape: [ids.length, ids[0]!.length] as const,
        inputIds: ids.flat(),
        attentionMask: mask.flat(),
        positionIds: positions.flat(),
        labels: labels.flat(),
      };
      const { policy } = proof;
      const implementation = policies[proof.recording.manifest.presets[0]!].implementation!;
      const before = tf.memory().numTensors;
      const numbers = await runModel(model, batch, { implementation, policy });
      expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
      expect(modelFailures(proof, numbers)).toEqual([]);
    });
  });
});

/**
 * The detector's score on every backend of this machine: faults injected at every op of a training step, natural faults,
 * and clean runs. wasm takes all of them, the others the same share; `pnpm nanscope selftest --detector` takes all anywhere.
 */
import { detectorTrials, scoreSheet, type Trial, type TrialPlan } from '@nanscope/experiments';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it, vi } from 'vitest';
import { onEveryBackend } from './on-every-backend.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const shares: Record<string, number> = { wasm: 1, webgpu: 0.04 };
const share = (id: string) => shares[id] ?? 0.1;

onEveryBackend(({ id, session }) => {
  let plan: TrialPlan;
  const trials: Trial[] = [];
  let tensors: readonly [number, number];
  beforeAll(async () => {
    const before = tf.memory().numTensors;
    for await (const trial of detectorTrials(session(), share(id), (told) => {
      plan = told;
    }))
      trials.push(trial);
    tensors = [before, tf.memory().numTensors];
  });

  it('sees and places every fault, names its mechanism, and raises no false alarm', () => {
    const sheet = scoreSheet(trials);
    expect(sheet.wrong).toEqual([]);
    expect(sheet.meetsBar).toBe(true);
    expect(sheet.faults.trials).toBeGreaterThan(40);
  });

  it('runs what it planned, in every phase, and leaves no tensor behind', () => {
    expect(trials).toHaveLength(plan.trials);
    expect(trials.filter(({ family }) => family === 'injected')).toHaveLength(plan.injected);
    // The clean step has as many places on every backend, but for copies that are an input's memory on some.
    expect(plan.injectable).toBeGreaterThan(1350);
    expect(tensors[1]).toBe(tensors[0]);
    if (share(id) < 1) return;
    const phases = new Set(trials.flatMap(({ phase }) => phase ?? []));
    expect([...phases]).toEqual(['forward', 'loss', 'backward', 'optimizer']);
  });

  it('sets aside only what makes no fault here', () => {
    const aside = trials.filter(({ setAside }) => setAside !== undefined);
    expect(aside.filter(({ kind }) => kind !== undefined).every(({ kind }) => kind === '1e30')).toBe(true);
    expect(aside.filter(({ family }) => family === 'natural').map(({ id }) => id)).toEqual([
      'gather out of range',
    ]);
    // Fully masked rows without a guard: a NaN is right there, and another test's business.
    const unguarded = [
      'torch-2.4, eager, left padding',
      'torch-mps-2.8, eager, left padding',
      'torch-2.4, sdpa, left padding',
      'torch-mps-2.8, sdpa, left padding',
    ];
    expect(aside.filter(({ family }) => family === 'clean').map(({ id }) => id)).toEqual([
      ...unguarded,
      ...unguarded.map((id) => `llama: ${id}`),
    ]);
    expect(trials.filter(({ family, setAside }) => family === 'clean' && !setAside).length).toBeGreaterThan(
      80,
    );
  });
});

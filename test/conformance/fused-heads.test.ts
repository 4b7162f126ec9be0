/**
 * The fused shaders at every head size, forward and backward. Alone in a file, and so in a process beside the others: a software
 * adapter takes up to a minute to compile those of one large head.
 */
import type { Session } from '@nanscope/backend';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failuresOf, headSizeCases } from './fused-cases.ts';
import { probes } from './probes.ts';

vi.setConfig({ testTimeout: 900_000 });

const gpu = probes.find(({ backend }) => backend.id === 'webgpu')!;
const missing = gpu.probe.available ? '' : ` (skipped: ${gpu.probe.reason})`;

describe.skipIf(!gpu.probe.available)(`the fused shaders${missing}`, () => {
  let session: Session;
  beforeAll(async () => {
    session = await gpu.backend.open();
  });
  afterAll(() => session?.dispose());

  for (const [size, testCase] of headSizeCases) {
    const rare = size > 64 && !process.env.NANSCOPE_ALL_SHADERS;
    const why = rare ? ' (skipped: slow to compile on a CPU, run with NANSCOPE_ALL_SHADERS=1)' : '';
    it.skipIf(rare)(`agrees at ${testCase.id}${why}`, async () => {
      expect(await failuresOf([testCase])).toEqual([]);
    });
  }
});

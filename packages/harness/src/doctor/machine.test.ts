import type { DoctorTorch, TorchProbe } from '@nanscope/record';
import { wordTorch } from '@nanscope/words';
import { expect, it } from 'vitest';
import { decideTorch } from './machine.ts';

const torchVerdict = (torch: DoctorTorch) => wordTorch(decideTorch(torch), torch);

const check = { name: 'sdpa, a row without a key', device: 'mps', result: 'nan', expected: '0', why: 'seed' };
const probe = (passed: boolean): TorchProbe => ({
  ...{ python: '3.12', executable: '/py', platform: 'darwin', torch: '2.8.0', transformers: '4.57.6' },
  ...{ devices: [], environment: {}, sdpaBackends: {}, probes: [{ ...check, passed }] },
});
const found = (passed: boolean, conform?: DoctorTorch['conform']): DoctorTorch => ({
  ...{ status: 'found', reason: '--python names it', device: 'torch 2.8.0 · mps', probe: probe(passed) },
  ...(conform && { conform }),
});
const counts = { cases: 2, pass: 1, fail: 1, refused: 0, notRun: 0 };

it('a device that answers as expected is healthy, and is offered the cases', () => {
  expect(torchVerdict(found(true))).toMatchObject({ code: 'healthy', exitCode: 0 });
  expect(torchVerdict(found(true)).next).toContain('--conform');
});

it('a question that is answered wrong is a finding, and names it', () => {
  const { exitCode, sentence } = torchVerdict(found(false));
  expect(exitCode).toBe(1);
  expect(sentence).toContain('torch 2.8.0 · mps does not pass sdpa, a row without a key');
});

it('a case of its attention that fails is a finding too', () => {
  const conform = { ...counts, passed: false, sentence: '1 of 2 cases failed.', failed: ['torch:plain'] };
  expect(torchVerdict(found(true, conform))).toMatchObject({
    ...{ code: 'self-test-failed', exitCode: 1 },
    sentence: expect.stringContaining('1 of 2 cases failed'),
  });
});

/** `nanscope doctor` as a process: its JSON by the schema, what it measured, a backend that takes its process down. */
import { homedir } from 'node:os';
import { doctorSchema } from '@nanscope/record';
import { expect, it } from 'vitest';
import { fixture, run, workspace } from './cli.ts';

const { at } = workspace();

it('asks every backend for itself: one that crashes costs its own row, and exit 1', async () => {
  const crashing = fixture('./fixtures/crashing-backend.ts');
  const args = ['doctor', '--backend', crashing, '--json', '--reporter', `html=${at('doctor.html')}`];
  const { code, stdout, stderr } = await run(args);
  const record = doctorSchema.parse(JSON.parse(stdout));
  expect([code, record.verdict.code]).toEqual([1, 'self-test-failed']);
  const [mirror, ...own] = [...record.backends].reverse();
  // What it had said before its driver took it down is kept.
  expect(mirror).toMatchObject({ id: 'mirror', status: 'ended', reason: expect.stringMatching(/SIGKILL/) });
  expect(Object.keys(mirror!.kernels).length).toBeGreaterThan(20);

  const here = own.filter(({ status }) => status !== 'absent');
  expect(here.map(({ id }) => id)).toEqual(expect.arrayContaining(['cpu', 'wasm']));
  for (const { id, status, selfTest, kernels } of here) {
    expect([id, status, selfTest.map(({ passed }) => passed)]).toEqual([id, 'opens', [true, true, true]]);
    // What nanscope's own kernels are mended for: no backend swallows a NaN, and select is safe.
    const swallowed = record.questions.filter(
      ({ id: question, topic }) =>
        ['NaN kept', 'select'].includes(topic) && kernels[question]!.status !== 'as IEEE 754',
    );
    expect([id, swallowed.map(({ computed }) => computed)]).toEqual([id, []]);
  }
  const gpu = own.find(({ id }) => id === 'webgpu')!;
  if (gpu.status === 'opens') {
    expect(gpu.limits.maxBufferSize).toBeGreaterThan(2 ** 20);
    expect(Object.keys(gpu.shader!).sort()).toEqual(record.questions.map(({ id }) => id).sort());
  }
  if (homedir().length > 1) expect(stdout).not.toContain(`${homedir()}/`);
  expect(stderr).toContain('examining webgpu');
});

it('a module that is no backend is one line, exit 2', async () => {
  const ended = await run(['doctor', '--backend', fixture('./fixtures/no-backend.ts')]);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toMatch(/^nanscope: [^\n]*no-backend[^\n]*\n$/);
});

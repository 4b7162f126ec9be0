/** `nanscope selftest` as a process: the score sheet, its JSON by the schema, what is wrong with a command, a device that fails. */
import { type SelftestRecord, selftestSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { fixture, run } from './cli.ts';

const detector = ['selftest', '--detector', '--share', '0.02'];

describe('selftest --detector', () => {
  it('prints the score as JSON by its schema: exit 0, progress on standard error', async () => {
    const { code, stdout, stderr } = await run([...detector, '--device', 'wasm,javascript', '--json']);
    const result: SelftestRecord = selftestSchema.parse(JSON.parse(stdout));
    expect([code, result.verdict]).toEqual([0, expect.objectContaining({ code: 'detector-meets-bar' })]);
    expect(result.devices.map(({ name }) => name)).toEqual(['wasm', 'javascript']);
    for (const { faults, injected, injectable, falseAlarms, wrong } of result.devices) {
      expect(faults.trials).toBeGreaterThan(30);
      expect(faults).toMatchObject({ seen: faults.trials, originRight: faults.trials });
      expect(injected / injectable).toBeCloseTo(0.02, 1);
      expect({ falseAlarms, wrong }).toEqual({ falseAlarms: 0, wrong: [] });
    }
    expect(stderr).toMatch(/wasm .*trials/);
  });

  it('keeps what it had when the process of a device is killed: exit 1', async () => {
    const backend = fixture('./fixtures/crashing-backend.ts');
    const { code, stdout } = await run([...detector, '--device', 'mirror', '--backend', backend, '--json']);
    const result = selftestSchema.parse(JSON.parse(stdout));
    expect([code, result.verdict.code, result.devices[0]!.status]).toEqual([1, 'lane-failed', 'crashed']);
    expect(result.devices[0]!.meetsBar).toBe(false);
  });
});

describe('mistakes are one line, exit 2', () => {
  it.each([
    [
      ['selftest', '--no-detector'],
      'selftest: expected what to test, found nothing. Leave --no-detector out.',
    ],
    [
      ['selftest', '--detector', '--share', '1.5'],
      '--share: expected a number above 0 and at most 1, such as 0.1, found 1.5.',
    ],
  ])('%j', async (args, message) => {
    expect(await run(args)).toMatchObject({ code: 2, stdout: '', stderr: `nanscope: ${message}\n` });
  });

  it('a device that is not there: exit 3', async () => {
    const { code, stdout, stderr } = await run([...detector, '--device', 'metal']);
    if (process.platform === 'darwin') return expect(code).toBe(0);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/--device metal looks for/);
  });
});

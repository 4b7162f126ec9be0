import type { Probe } from '@nanscope/backend';
import { type LaneOutcome, selfCheckNames } from '@nanscope/lane';
import { describe, expect, it } from 'vitest';
import { backendRecord, decideDoctor, type Heard, withoutPlaces } from './diagnose.ts';
import { macosVersion, mathModeOf, productVersion } from './machine.ts';

const capabilities = { gpu: false, shaderF16: false, subgroups: false, strictNumerics: true };
const probe: Probe = { id: 'wasm', available: true, facts: { id: 'wasm', version: 'wasm 1', capabilities } };
const absent: Probe = { id: 'webgpu', available: false, reason: 'no adapter', remedy: 'install a driver' };
const passing = selfCheckNames.map((name) => ({ name, passed: true, detail: '' }));
const complete: LaneOutcome = { status: 'complete' };
const crashed: LaneOutcome = { status: 'crashed', failure: 'the process was killed by SIGSEGV' };
const record = (heard: Partial<Heard>, outcome = complete, id = 'wasm') =>
  backendRecord(id, { measured: {}, checks: [], ...heard }, outcome, 1, undefined);

describe('backendRecord', () => {
  it('a process that ends before it has looked leaves its backend absent, with the reason', () => {
    expect(record({}, crashed)).toMatchObject({ status: 'absent', reason: expect.stringMatching(/SIGSEGV/) });
  });

  it('one that ends later keeps what it had said', () => {
    const kernels = { 'nan-max': { found: 'NaN', status: 'as IEEE 754' } } as const;
    expect(record({ probe, measured: { kernels }, checks: passing.slice(0, 1) }, crashed)).toMatchObject({
      ...{ status: 'ended', reason: crashed.failure, kernels },
      selfTest: [{ name: 'attention' }],
    });
  });

  it('a backend that is not there says why and what to do', () => {
    expect(record({ probe: absent })).toMatchObject({ status: 'absent', remedy: 'install a driver' });
  });
});

describe('decideDoctor', () => {
  const good = record({ probe, checks: passing });
  it.each([
    ['healthy', 0, [good, record({ probe: absent }, complete, 'webgpu')]],
    [
      'self-test-failed',
      1,
      [good, record({ probe, checks: passing.map((one) => ({ ...one, passed: false })) })],
    ],
    ['self-test-failed', 1, [good, record({ probe, checks: passing }, crashed)]],
    // A check that was never made did not pass.
    ['self-test-failed', 1, [record({ probe, checks: passing.slice(1) })]],
    ['self-test-failed', 1, [record({ probe: absent })]],
  ])('%s: exit %d', (code, exitCode, backends) => {
    expect(decideDoctor(backends)).toMatchObject({ code, exitCode });
  });

  it('interrupted is 130', () => expect(decideDoctor([good], true).exitCode).toBe(130));
});

describe('the machine', () => {
  const plist = (version: string) => `<key>ProductName</key><string>macOS</string>
    <key>ProductVersion</key>\n\t<string>${version}</string>`;

  it('the version of macOS is read from its plist, and only there', () => {
    expect(productVersion(plist('15.1'))).toBe('15.1');
    expect(productVersion('<plist></plist>')).toBeUndefined();
    expect(macosVersion('linux')).toBeUndefined();
  });

  it('Metal compiles with relaxed math from macOS 15 on; elsewhere it is not known', () => {
    const mode = (api: 'metal' | 'vulkan', version?: string) => mathModeOf({ api }, version)?.mode;
    expect([mode('metal', '14.7.1'), mode('metal', '15'), mode('metal'), mode('vulkan', '15')]).toEqual([
      ...['fast', 'relaxed', 'unknown', 'unknown'],
    ]);
  });
});

describe('withoutPlaces', () => {
  it("hides the user's folders and the homes of others, in every string, and leaves the rest", () => {
    const places = { home: '/home/alice', folder: '/home/alice/work/x' };
    const text =
      'a /home/alice/work/x/node_modules/y.js b file:///home/alice/z.js /home/bob/q C:\\Users\\Eve\\w';
    expect(withoutPlaces({ list: [text], n: 3, alicework: '/home/alicework' }, places)).toEqual({
      list: ['a ./node_modules/y.js b file://~/z.js ~/q ~\\w'],
      n: 3,
      alicework: '~',
    });
    expect(withoutPlaces('/usr/lib/dri at /root', { home: '/root', folder: '/' })).toBe('/usr/lib/dri at ~');
  });
});

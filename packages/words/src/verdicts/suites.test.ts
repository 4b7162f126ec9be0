/** The sentences of conform, selftest and doctor, each from a decision. */

import type { DoctorBackend, SelftestDevice } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { wordConform } from './conform.ts';
import { wordDoctor } from './doctor.ts';
import { wordSelftest } from './selftest.ts';

const counts = { cases: 4, pass: 3, fail: 1, refused: 0, notRun: 0 };
const complete = { status: 'complete' } as const;
const crashed = { status: 'crashed', failure: 'the process was killed by SIGKILL' } as const;
const command = 'nanscope conform --device wasm';

describe('conform', () => {
  it('names the first case that failed, to be pasted', () => {
    const failed = { code: 'cases-failed', exitCode: 1, counts, badVectors: 0, outcome: complete } as const;
    expect(wordConform({ ...failed, first: 'oracle:x;pads=1' }, command)).toEqual({
      ...{ code: 'cases-failed', exitCode: 1 },
      sentence: '3 of 4 cases passed, 1 failed, 0 refused.',
      next: `Run the first failed case alone: ${command} --filter 'oracle:x;pads=1'`,
    });
  });

  it('names the case at which a lane ended, and what was not run', () => {
    const ended = { ...counts, pass: 1, fail: 0, notRun: 3 };
    const { sentence, next } = wordConform(
      { code: 'lane-failed', exitCode: 1, counts: ended, badVectors: 0, outcome: crashed, first: 'oracle:x' },
      command,
    );
    expect(sentence).toBe(
      'The device crashed (the process was killed by SIGKILL); 1 of 4 cases passed, 0 failed, 0 refused, 3 not run.',
    );
    expect(next).toBe(`It was running oracle:x; run that case alone: ${command} --filter oracle:x`);
  });

  it('says that --bail left cases out', () => {
    const bailed = { ...counts, notRun: 1 };
    const decision = { code: 'cases-failed', exitCode: 1, badVectors: 0, outcome: complete } as const;
    expect(wordConform({ ...decision, counts: bailed }, command).sentence).toMatch(/1 not run \(--bail\)\.$/);
  });
});

it('a self-test gives the shares of each device', () => {
  const device: SelftestDevice = {
    ...{ name: 'wasm', label: 'wasm', backend: 'wasm', gpu: false, status: 'complete', seconds: 3 },
    ...{ injectable: 2, injected: 2, aliases: 0, integers: 0, groups: [], wrong: [], wrongCut: 0 },
    ...{ falseAlarms: 0, meetsBar: false, setAside: [] },
    faults: { trials: 2, setAside: 0, seen: 1, killed: 0, originRight: 1, mechanismRight: 1 },
  };
  expect(wordSelftest({ code: 'detector-below-bar', exitCode: 1 }, [device]).sentence).toBe(
    'wasm: of 2 faults 50.0 % seen, 50.0 % placed, 50.0 % named, 0 false alarms.',
  );
});

describe('doctor', () => {
  const wasm: DoctorBackend = {
    id: 'wasm',
    status: 'opens',
    limits: {},
    kernels: {},
    selfTest: [],
    seconds: 1,
  };
  const absent: DoctorBackend = { ...wasm, id: 'webgpu', status: 'absent' };

  it('lists what opens, what fails, and what is not here', () => {
    const failed = { code: 'self-test-failed', exitCode: 1 } as const;
    expect(wordDoctor({ code: 'healthy', exitCode: 0 }, [wasm, absent], []).sentence).toBe(
      'wasm opens and passes its self-test. Not here: webgpu.',
    );
    expect(wordDoctor(failed, [wasm], [wasm]).sentence).toBe('wasm opens and does not pass its self-test.');
    expect(wordDoctor(failed, [absent], []).sentence).toBe('No backend opens. Not here: webgpu.');
  });
});

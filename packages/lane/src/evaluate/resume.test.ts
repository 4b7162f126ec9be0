/** A lane killed at every single write of its run, in the middle of a line as well, and what comes of it when it goes on. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinBackend, type Session } from '@nanscope/backend';
import { type CausalLM, loadCausalLM } from '@nanscope/model';
import { folderSink, type LaneRecord, type RecordSink, readLane, stringifyExact } from '@nanscope/record';
import { type EvalConfig, evalFlags, policyOf, resolveFlags, toEvalConfig } from '@nanscope/settings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collateOptions } from '../data/collation.ts';
import { evalBatches, loadTokenizerFor } from '../data/inputs.ts';
import type { LaneTask } from '../protocol/task.ts';
import { environmentOf } from '../session/open-session.ts';
import { evaluateLane } from './evaluate-lane.ts';
import { earlierLane } from './run-lane.ts';

const base = mkdtempSync(join(tmpdir(), 'lane-resume-'));
const text = join(base, 'text.txt');
let session: Session;
let model: CausalLM;
beforeAll(async () => {
  // Rows of unequal length, so that the unguarded policy makes a NaN in some batches.
  writeFileSync(text, 'A row of text.\nShort.\nsame\nsame\nAnother row, longer.\nx y\nThe last of all.\n');
  session = await builtinBackend('wasm').open();
  model = await loadCausalLM({ preset: 'tiny', seed: 0 });
});
afterAll(async () => {
  model.dispose();
  await session.dispose();
  rmSync(base, { recursive: true });
});

const configOf = (trace: string, data = text): EvalConfig =>
  toEvalConfig(
    resolveFlags(
      evalFlags,
      { model: 'tiny', data, 'batch-size': '2', policy: 'torch-mps-2.8', trace, device: 'wasm' },
      undefined,
    ),
  );

const decision: LaneTask['decision'] = {
  ...{ requested: 'wasm', backend: 'wasm', software: false, attention: 'sdpa', label: 'wasm' },
  ...{ rules: [], warnings: [] },
};

class Killed extends Error {}

/** As if the process were killed at its n-th write, of which half arrives. */
function dyingSink(folder: string, killedAt: number): RecordSink & { readonly writes: number } {
  const whole = folderSink(folder);
  let writes = 0;
  const next = (name: string, half: () => string): void => {
    if (writes++ < killedAt) return;
    appendFileSync(join(folder, name), half());
    throw new Killed();
  };
  const halfOf = (line: string) => line.slice(0, Math.ceil(line.length / 2));
  return {
    write(name, value) {
      next(`${name}.12345.tmp`, () => halfOf(stringifyExact(value)));
      whole.write(name, value);
    },
    append(name, value) {
      next(name, () => halfOf(stringifyExact(value)));
      whole.append(name, value);
    },
    appendLines(name, lines) {
      next(name, () => halfOf(lines.join('\n')));
      whole.appendLines(name, lines);
    },
    get writes() {
      return writes;
    },
  };
}

async function lane(folder: string, config: EvalConfig, killedAt = Number.POSITIVE_INFINITY, resume = false) {
  mkdirSync(folder, { recursive: true });
  const tokenizer = await loadTokenizerFor(config);
  const sink = dyingSink(folder, killedAt);
  const evaluated: number[] = [];
  await evaluateLane({
    task: { role: 'target', config, policy: policyOf(config), decision, batches: 4 },
    ...{ session, model, tokenizer, sink, environment: environmentOf(session), source: text },
    batches: evalBatches(config, tokenizer, model.config),
    collation: collateOptions(config, tokenizer, model.config),
    earlier: resume ? earlierLane(folder) : undefined,
    peakBytes: () => 0,
    say: (message) => message.kind === 'progress' && evaluated.push(message.batches),
  }).catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
  return { writes: sink.writes, evaluated };
}

/** Everything but what time it was and how long it took. */
function resultOf(folder: string) {
  const { startedAt: _, finishedAt: __, memory: ___, ...record } = readLane(folder) as LaneRecord;
  const { seconds: ____, tokensPerSecond: _____, ...metrics } = record.metrics!;
  const lines = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
  return {
    record: { ...record, metrics },
    batches: lines('metrics.jsonl').replace(/,"seconds":[^}]*/g, ''),
    samples: lines('samples.jsonl'),
    health: lines('health.jsonl'),
    hit: lines('hit.jsonl'),
  };
}

describe.each(['health', 'gate', 'off'])('a lane at trace level %s', (trace) => {
  const config = configOf(trace);
  const whole = join(base, `whole-${trace}`);
  let writes = 0;
  beforeAll(async () => {
    ({ writes } = await lane(whole, config));
  });

  it('killed at any of its writes goes on to the result of an uninterrupted run', async () => {
    const expected = resultOf(whole);
    expect(expected.record).toMatchObject({ status: 'complete', metrics: { batches: 4, loss: 'NaN' } });
    expect(expected.record.cascade?.origin !== undefined).toBe(trace !== 'off');
    for (let killedAt = 0; killedAt < writes; killedAt++) {
      const folder = join(base, `${trace}-${killedAt}`);
      await lane(folder, config, killedAt);
      const kept = readLane(folder)?.metrics?.batches ?? 0;
      const { evaluated } = await lane(folder, config, undefined, true);
      expect({ killedAt, evaluated }).toEqual({ killedAt, evaluated: [1, 2, 3, 4].slice(kept) });
      expect(resultOf(folder), `killed at write ${killedAt}`).toEqual(expected);
      rmSync(folder, { recursive: true });
    }
    expect(writes).toBeGreaterThan(15);
  });

  it('killed again and again comes to the same', async () => {
    const folder = join(base, `again-${trace}`);
    for (let i = 0; readLane(folder)?.status !== 'complete'; i++) {
      expect(i).toBeLessThan(20);
      await lane(folder, config, 9, i > 0); // Enough for the batch that writes most.
    }
    expect(resultOf(folder)).toEqual(resultOf(whole));
  });
});

describe('a lane does not go on', () => {
  const stopped = async (name: string) => {
    const folder = join(base, name);
    await lane(folder, configOf('health'), 12);
    expect(readLane(folder)?.metrics?.batches).toBe(2);
    return folder;
  };

  it('with other data', async () => {
    const folder = await stopped('other-data');
    for (const content of ['A row of text.\nLonger\nsame\nsame\n', 'A row of text.\n']) {
      const other = join(base, 'other.txt');
      writeFileSync(other, content);
      cpSync(folder, `${folder}-copy`, { recursive: true });
      await expect(lane(`${folder}-copy`, configOf('health', other), undefined, true)).rejects.toMatchObject({
        code: 'resume/other-data',
        exitCode: 2,
      });
      rmSync(`${folder}-copy`, { recursive: true });
    }
  });

  it('on another device, and leaves the folder as it was', async () => {
    const folder = await stopped('other-device');
    const path = join(folder, 'run.json');
    const record = JSON.parse(readFileSync(path, 'utf8'));
    record.decision.label = 'another adapter';
    writeFileSync(path, JSON.stringify(record));
    const before = readFileSync(join(folder, 'samples.jsonl'), 'utf8');
    await expect(lane(folder, configOf('health'), undefined, true)).rejects.toThrow(
      /expected the device of that run, another adapter, found wasm/,
    );
    expect(readFileSync(join(folder, 'samples.jsonl'), 'utf8')).toBe(before);
  });

  it.each(['metrics.jsonl', 'samples.jsonl', 'health.jsonl'])('where %s has lost a line', async (name) => {
    const folder = await stopped(`lost-${name}`);
    const path = join(folder, name);
    // Up to the header of a trace: its ops are missing then.
    const lines = readFileSync(path, 'utf8').split('\n');
    truncateSync(path, Buffer.byteLength(`${lines[0]}\n`));
    await expect(lane(folder, configOf('health'), undefined, true)).rejects.toThrow(
      new RegExp(`${name}: expected what .*run.json counts, .* found less. Remove `),
    );
  });

  it.each([
    ['no lane', '{"schemaVersion":1,"kind":"matrix"}', 'run-folder/foreign'],
    ['cut off', '{"schemaVersion":1,"kind":"la', 'run-folder/broken'],
    ['of another version', '{"schemaVersion":7,"kind":"lane"}', 'run-folder/version'],
  ])('from a record that is %s', async (name, content, code) => {
    const folder = await stopped(`hostile ${name}`);
    writeFileSync(join(folder, 'run.json'), content);
    await expect(lane(folder, configOf('health'), undefined, true)).rejects.toMatchObject({ code });
  });
});

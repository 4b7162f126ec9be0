/** Every kind of record that nanscope writes, with the schema that it is read by and the version that it names. */

import type { AnyRecord } from './any.ts';
import { claimsSchema } from './claims.ts';
import { CONFORM_SCHEMA, conformResultSchema } from './conform.ts';
import { DOCTOR_SCHEMA, doctorSchema } from './doctor.ts';
import { type LaneRecord, laneSchema, SCHEMA_VERSION } from './lane.ts';
import { matrixSchema } from './matrix.ts';
import { reducedSchema } from './reduced.ts';
import { reducedOpSchema } from './reduced-op.ts';
import { resultSchema } from './result.ts';
import { SELFTEST_SCHEMA, selftestSchema } from './selftest.ts';
import { type TrainLaneRecord, trainLaneSchema, trainResultSchema } from './train.ts';

/** One lane of a run. */
export type AnyLane = LaneRecord | TrainLaneRecord;

/** What a `run.json` may hold: a whole run, or one lane of it. */
export type RunRecord = AnyRecord | AnyLane;

const numbered = { field: 'schemaVersion', version: SCHEMA_VERSION } as const;
const inWords = <V extends string>(version: V) => ({ field: 'schema', version }) as const;

export const recordKinds = {
  eval: { ...numbered, schema: resultSchema },
  compare: { ...numbered, schema: resultSchema },
  lane: { ...numbered, schema: laneSchema },
  train: { ...numbered, schema: trainResultSchema },
  'train-lane': { ...numbered, schema: trainLaneSchema },
  matrix: { ...numbered, schema: matrixSchema },
  claims: { ...numbered, schema: claimsSchema },
  conform: { ...inWords(CONFORM_SCHEMA), schema: conformResultSchema },
  selftest: { ...inWords(SELFTEST_SCHEMA), schema: selftestSchema },
  doctor: { ...inWords(DOCTOR_SCHEMA), schema: doctorSchema },
  reduce: { ...numbered, schema: reducedSchema },
  'reduce-op': { ...numbered, schema: reducedOpSchema },
} as const satisfies Record<RunRecord['kind'], unknown>;

export const isRecordKind = (kind: unknown): kind is RunRecord['kind'] =>
  typeof kind === 'string' && Object.hasOwn(recordKinds, kind);

export const isLane = (record: RunRecord): record is AnyLane =>
  record.kind === 'lane' || record.kind === 'train-lane';

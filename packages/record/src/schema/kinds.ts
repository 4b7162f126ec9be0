/** Every kind of record that nanscope writes, with the schema that it is read by and the version that it names. */

import { CONFORM_SCHEMA, type ConformResultRecord, conformResultSchema } from './conform.ts';
import { DOCTOR_SCHEMA, type DoctorRecord, doctorSchema } from './doctor.ts';
import { type GenerationRecord, generationSchema } from './generate.ts';
import { type LaneRecord, laneSchema, SCHEMA_VERSION } from './lane.ts';
import { type ClaimsRecord, claimsSchema, type MatrixRecord, matrixSchema } from './matrix.ts';
import { type ReducedOpRecord, type ReducedRecord, reducedOpSchema, reducedSchema } from './reduced.ts';
import { type ResultRecord, resultSchema } from './result.ts';
import { SELFTEST_SCHEMA, type SelftestRecord, selftestSchema } from './selftest.ts';
import {
  type CurvePoint,
  type TrainLaneRecord,
  type TrainResultRecord,
  trainLaneSchema,
  trainResultSchema,
} from './train.ts';

// Any result that nanscope makes, and what lies beside one in its run folder. What every reporter is given.

export type AnyRecord =
  | ResultRecord
  | TrainResultRecord
  | GenerationRecord
  | MatrixRecord
  | ClaimsRecord
  | ConformResultRecord
  | SelftestRecord
  | DoctorRecord
  | ReducedRecord
  | ReducedOpRecord;

/** One line of cells.jsonl, held against the oracle's prediction. */
export interface MatrixCellRecord {
  readonly id: string;
  /** Factor to value. */
  readonly conditions: Readonly<Record<string, string>>;
  /** What it showed: `nanMap`, `leak`, `loss`, `gradients`, `origin`, in words. */
  readonly shown: Readonly<Record<string, string>>;
  /** Where it does not show what was predicted; empty where it does. */
  readonly differences: readonly string[];
  /** That it took; absent in runs of earlier versions. */
  readonly seconds?: number;
}

/** A result with the files beside it that a report shows. */
export interface ReportSubject {
  readonly record: AnyRecord;
  /** The cells of a matrix; absent where its folder was not read. */
  readonly cells?: readonly MatrixCellRecord[];
  /** Gradient norms of a training run along its steps, as means over equal stretches, under the name that points of a loss have. */
  readonly gradNorms?: {
    readonly target?: readonly CurvePoint[];
    readonly reference?: readonly CurvePoint[];
  };
}

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
  generate: { ...numbered, schema: generationSchema },
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

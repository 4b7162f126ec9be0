/** Any result that nanscope makes, and what lies beside one in its run folder. What every reporter is given. */
import type { ClaimsRecord } from './claims.ts';
import type { ConformResultRecord } from './conform.ts';
import type { DoctorRecord } from './doctor.ts';
import type { MatrixRecord } from './matrix.ts';
import type { ReducedRecord } from './reduced.ts';
import type { ReducedOpRecord } from './reduced-op.ts';
import type { ResultRecord } from './result.ts';
import type { SelftestRecord } from './selftest.ts';
import type { CurvePoint, TrainResultRecord } from './train.ts';

export type AnyRecord =
  | ResultRecord
  | TrainResultRecord
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

/**
 * The part of the package that needs no file system and no process: what a page can import. Lanes, decisions, comparison
 * and verdict are the same there; where workers and files come from is the page's business.
 *
 * @module
 */
export { type ClaimsConfig, type ClaimsOutcome, decideClaims } from './claims/decide-claims.ts';
export { compareLanes, type LaneFiles, tracesOf } from './compare/compare-lanes.ts';
export { interrupted, judge } from './compare/verdict.ts';
export { type ConformRun, conformRecord } from './conform/verdict.ts';
export { type Decided, type DecidedDevices, decideWith, type Probing } from './devices/decision.ts';
export { type FirstRows, firstRows, firstRowsWords } from './evaluate/first-rows.ts';
export type { CellHooks, ExperimentHooks, Laboratory } from './experiments/named-devices.ts';
export { decideNamed, type NamedDevice } from './experiments/named-devices.ts';
export { type CheckedInputs, checkBatches, checkMaxLength, checkSettings } from './lanes/check-batches.ts';
export { type LaneEvent, type Outcomes, type Role, roles, runLanes } from './lanes/run-lanes.ts';
export { cellLine, cellOf, cellRecords } from './matrix/cell-records.ts';
export { type CellStore, observeMatrix } from './matrix/observe-matrix.ts';
export { matrixConfig, planMatrix } from './matrix/plan.ts';
export { inShard, onlyFailed, shardFrom } from './selection/shard.ts';
export { investigate } from './shadow/investigate.ts';
export { openShadowLane, type ShadowLane } from './shadow/shadow-lane.ts';

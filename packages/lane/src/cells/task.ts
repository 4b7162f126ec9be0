/** What the parent hands a process that runs cells, and what that says of each. */
import { type Cell, differences, type KernelFacts, type Observation, predict } from '@nanscope/experiments';
import type { LaneTaskBase } from '../protocol/task.ts';

export interface CellsTask extends Pick<LaneTaskBase, 'decision' | 'config'> {
  readonly cells: readonly Cell[];
  /** Whether the questions that need no model are asked as well. */
  readonly facts?: boolean;
  /** Cells that may fail before it ends; default: all of them. */
  readonly bail?: number;
}

interface RanCell {
  readonly cell: Cell;
  /** That it took. */
  readonly seconds?: number;
}

export interface ObservedCell extends RanCell {
  readonly observation: Observation;
}

/** What another library's attention cannot do on this device. */
export interface RefusedCell extends RanCell {
  readonly refused: string;
}

export type CellResult = ObservedCell | RefusedCell;

/** Whether it shows something else than the oracle predicts. */
export const isFailure = (result: CellResult): boolean =>
  'observation' in result && differences(result.observation, predict(result.cell)).length > 0;

/** Cells that have been run since the last message. */
export interface CellsMessage {
  readonly kind: 'cells';
  readonly results: readonly CellResult[];
}

export interface FactsMessage {
  readonly kind: 'facts';
  readonly facts: KernelFacts;
}

/** What such a process says beside what every lane does. */
export type ExperimentMessage = CellsMessage | FactsMessage;

/** What the parent hands a process that runs cells, and what that says of each. */
import type { Cell, KernelFacts, Observation } from '@nanscope/experiments';
import type { LaneTaskBase } from '../lane/task.ts';

export interface CellsTask extends Pick<LaneTaskBase, 'decision' | 'config'> {
  readonly cells: readonly Cell[];
  /** Whether the questions that need no model are asked as well. */
  readonly facts?: boolean;
}

export interface ObservedCell {
  readonly cell: Cell;
  readonly observation: Observation;
}

/** What another library's attention can not do on this device. */
export interface RefusedCell {
  readonly cell: Cell;
  readonly refused: string;
}

export type CellResult = ObservedCell | RefusedCell;

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

/** Entry point of the process that runs cells. */
import { serveLane } from '../transport/serve.ts';
import { runCellsLane } from './run-cells-lane.ts';
import type { CellsTask, ExperimentMessage } from './task.ts';

serveLane<CellsTask, ExperimentMessage>(runCellsLane);

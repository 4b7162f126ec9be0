/** Entry point of the process of an evaluation's lane. */
import { runLane } from './run-lane.ts';
import { serveLane } from './serve.ts';
import type { LaneTask } from './task.ts';

serveLane<LaneTask>(runLane);

/** Entry point of the process of an evaluation's lane. */

import type { LaneTask } from '../protocol/task.ts';
import { serveLane } from '../transport/serve.ts';
import { runLane } from './run-lane.ts';

serveLane<LaneTask>(runLane);

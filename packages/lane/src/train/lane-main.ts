/** Entry point of the process of a lane that trains. */
import { serveLane } from '../transport/serve.ts';
import { runTrainLane } from './run-train-lane.ts';
import type { TrainTask } from './task.ts';

// Ctrl-C on a terminal reaches this process too; the parent says when to stop, and there is a state to save first.
process.on('SIGINT', () => {});

serveLane<TrainTask>(runTrainLane);

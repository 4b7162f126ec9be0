/** Entry point of the process that tries cases. */
import { serveLane } from '../transport/serve.ts';
import { runReduceLane } from './run-reduce-lane.ts';
import type { ReduceMessage, ReduceTask } from './task.ts';

serveLane<ReduceTask, ReduceMessage>(runReduceLane);

/** Entry point of a process that runs conformance cases. */
import { serveLane } from '../transport/serve.ts';
import { runConformLane } from './run-conform-lane.ts';
import type { ConformMessage, ConformTask } from './task.ts';

serveLane<ConformTask, ConformMessage>(runConformLane);

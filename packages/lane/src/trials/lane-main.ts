/** Entry point of the process that puts the detector to the test. */
import { serveLane } from '../transport/serve.ts';
import { runSelftestLane } from './run-selftest-lane.ts';
import type { SelftestMessage, SelftestTask } from './task.ts';

serveLane<SelftestTask, SelftestMessage>(runSelftestLane);

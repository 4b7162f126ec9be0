/** Entry point of the process of a lane that stays open for questions. */
import { serveLane } from '../transport/serve.ts';
import { runShadowLane } from './run-shadow-lane.ts';
import type { ShadowMessage, ShadowTask } from './task.ts';

serveLane<ShadowTask, ShadowMessage>(runShadowLane);

/** Entry point of a process that generates. */
import { serveLane } from '../transport/serve.ts';
import { runGeneration } from './run-generation.ts';
import type { ContinuationMessage, GenerateTask } from './task.ts';

serveLane<GenerateTask, ContinuationMessage>(runGeneration);

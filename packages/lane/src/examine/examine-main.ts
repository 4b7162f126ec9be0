/** Entry point of the process that examines one backend. */
import { serveLane } from '../transport/serve.ts';
import { examine } from './examine.ts';
import type { ExamineMessage, ExamineTask } from './task.ts';

serveLane<ExamineTask, ExamineMessage>(examine);

/** Entry point of a worker: one task, and its end. What a task does is loaded when it is asked for. */
import { serveWorker } from '@nanscope/lane';
import type { Say, TaskName, Tasks } from './tasks.ts';

type Doing<Name extends TaskName> = (given: Tasks[Name]['given'], say: Say) => Promise<Tasks[Name]['answer']>;

const doing: { readonly [Name in TaskName]: () => Promise<Doing<Name>> } = {
  probe: async () => (await import('./measure.ts')).probe,
  attention: async () => (await import('./measure.ts')).measureAttention,
  numbers: async () => (await import('./measure.ts')).measureNumbers,
  check: async () => (await import('./evaluate.ts')).check,
  lane: async () => (await import('./evaluate.ts')).runLane,
  compare: async () => (await import('./evaluate.ts')).compare,
  shadow: async () => (await import('./evaluate.ts')).runShadow,
  pattern: async () => (await import('./evaluate.ts')).pattern,
  cells: async () => (await import('./cells.ts')).runCells,
  conform: async () => (await import('./cells.ts')).runConform,
  pack: async () => (await import('./pack.ts')).pack,
  open: async () => (await import('./open.ts')).open,
};

serveWorker(doing);

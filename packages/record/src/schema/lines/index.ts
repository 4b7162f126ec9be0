/** Schemas of the lines in the .jsonl files of a run folder. */
export * from './evaluation.ts';
export * from './health.ts';
export * from './training.ts';

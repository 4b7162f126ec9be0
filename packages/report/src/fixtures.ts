/** Results that the tests and the documentation render. Not part of the package's interface, not shipped. */
export * from './fixtures/cascade.ts';
export * from './fixtures/evaluation/index.ts';
export * from './fixtures/experiments.ts';
export * from './fixtures/generation.ts';
export * from './fixtures/lane.ts';
export * from './fixtures/reduced.ts';
export * from './fixtures/reduced-op.ts';
export * from './fixtures/training.ts';

/** The result schema, version 1. Every reporter reads it, every run folder holds it. */
export * from './any.ts';
export * from './cascade.ts';
export * from './claims.ts';
export * from './conform.ts';
export * from './device.ts';
export * from './doctor.ts';
export * from './kinds.ts';
export * from './lane.ts';
export * from './lines/index.ts';
export * from './matrix.ts';
export * from './number.ts';
export * from './reduced.ts';
export * from './result.ts';
export * from './selftest.ts';
export * from './shadow.ts';
export * from './tracing.ts';
export * from './train.ts';

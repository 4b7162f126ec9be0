/** The result schema, version 1. Every reporter reads it, every run folder holds it. */

export * from './cascade.ts';
export * from './cascade.ts';
export * from './conform.ts';
export * from './device.ts';
export * from './doctor.ts';
export * from './generate.ts';
export * from './kinds.ts';
export * from './kinds.ts';
export * from './lane.ts';
export * from './lane.ts';
export * from './lines.ts';
export * from './matrix.ts';
export * from './matrix.ts';
export * from './number.ts';
export * from './reduced.ts';
export * from './reduced.ts';
export * from './result.ts';
export * from './selftest.ts';
export * from './shadow.ts';
export * from './train.ts';

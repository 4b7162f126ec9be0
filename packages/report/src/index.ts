/** One result schema, and the reports made from it. @module */
export * from './schema/index.ts';

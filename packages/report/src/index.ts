/** One result schema, and the reports made from it. @module */
export * from './browser.ts';
export { type Reporter, type ReporterName, reporterNames, reporters } from './reporters/index.ts';
export type { ScalarRun, ScalarStep } from './reporters/scalars.ts';

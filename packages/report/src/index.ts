/** One result schema, and the reports made from it. @module */
export * from './browser.ts';
export { type Reporter, type ReporterName, reporterNames, reporters } from './reporters/index.ts';

/** One result schema, and the reports made from it. @module */
export {};

/** Runs an evaluation: plans, lanes in processes of their own, run folders, comparison. @module */
export {};

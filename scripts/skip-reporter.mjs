/**
 * A vitest reporter that leaves no skip silent: after a run each skipped test is named with its reason (the note given
 * to `skip`, or else its title), and a skip of what this machine is required to have is a failure. The failures are
 * named again with the counts, so that a long log can end with them.
 *
 *   NANSCOPE_REQUIRE=webgpu,tensorflow   what must be here; a skip that concerns one of them fails the run
 *   NANSCOPE_COUNTS=FILE                 where to put the counts and the failures, as JSON
 *
 * It prints beside vitest's own reporter, which shows the results themselves.
 */
import { writeFileSync } from 'node:fs';

/** What a skip must mention, in its name, its file or its note, to concern a requirement. */
const concerns = {
  webgpu: /web-?gpu|vulkan|adapter|\bgpu\b/i,
  tensorflow: /tensorflow|tfjs-node/i,
  vectors: /vectors|shared/i,
  chromium: /chromium/i,
  torch: /torch/i,
};

/** @typedef {import('vitest/node').Reporter} Reporter */

/**
 * @typedef {object} SeenTest
 * @property {string} file
 * @property {string} name with the names of the suites around it
 * @property {string} state passed, failed, skipped or pending
 * @property {string} [note]
 * @property {string} [error] what the failure says first
 */

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * Counts a run, and lists its skips.
 * @param {readonly SeenTest[]} tests
 * @param {readonly string[]} required
 * @param {number} brokenFiles files that failed before they had a test
 * @returns {{ counts: Counts, failures: string[], skips: string[], missing: string[] }}
 */
export function summarize(tests, required, brokenFiles = 0) {
  const skipped = tests.filter(({ state }) => state !== 'passed' && state !== 'failed');
  const describe = (/** @type {SeenTest} */ { file, name, note }) =>
    `${file}: ${name}${note === undefined ? '' : ` (${note})`}`;
  const missing = required.flatMap((word) => {
    const pattern = Object.entries(concerns).find(([name]) => name === word)?.[1];
    const concerned = skipped
      .map(describe)
      .filter((text) => (pattern ? pattern.test(text) : text.includes(word)));
    return concerned.map((text) => `${word} is required here, yet skipped: ${text}`);
  });
  const failures = tests
    .filter(({ state }) => state === 'failed')
    .map(({ file, name, error }) => `${file}: ${name}: ${error?.split('\n')[0] ?? 'no message'}`);
  const failed = failures.length + brokenFiles;
  return {
    counts: {
      passed: tests.filter(({ state }) => state === 'passed').length,
      failed,
      skipped: skipped.length,
    },
    failures,
    skips: skipped.map(describe),
    missing,
  };
}

/**
 * Skips of one file with one reason as one line, so that a machine that lacks a backend does not bury the result.
 * @param {readonly string[]} skips each as `FILE: NAME`; a reason in the name is `(skipped: REASON)`
 * @returns {string[]}
 */
export function gathered(skips) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const skip of skips) {
    const [, file, reason] = /^(.*?): .*\(skipped: (.*?)\)(?: > |$)/.exec(skip) ?? [];
    const group = reason === undefined ? skip : `${file}: ${reason}`;
    groups.set(group, [...(groups.get(group) ?? []), skip]);
  }
  return [...groups].map(([group, [first, ...more]]) => {
    if (more.length === 0) return first ?? '';
    return group === first ? `${first}, ${more.length + 1} times` : `${more.length + 1} tests of ${group}`;
  });
}

/** @implements {Reporter} */
export default class SkipReporter {
  #filtered = false;

  /** @param {import('vitest/node').Vitest} vitest */
  onInit(vitest) {
    // A developer who asks for one test knows that the others do not run.
    this.#filtered = vitest.config.testNamePattern !== undefined;
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    if (this.#filtered) return;
    const tests = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => {
        const result = test.result();
        const note = result.state === 'skipped' ? result.note : undefined;
        const error = result.state === 'failed' ? result.errors[0]?.message : undefined;
        return {
          file: module.relativeModuleId,
          name: test.fullName,
          state: result.state,
          ...(note !== undefined && { note }),
          ...(error !== undefined && { error }),
        };
      }),
    );
    const brokenFiles = modules.filter((module) => module.errors().length > 0);
    const broken = brokenFiles.length + unhandledErrors.length;
    const required = (process.env.NANSCOPE_REQUIRE ?? '').split(',').filter((word) => word !== '');
    const { counts, failures, skips, missing } = summarize(tests, required, broken);
    for (const skip of gathered(skips)) console.log(`skipped ${skip}`);
    for (const line of missing) console.error(line);
    if (missing.length > 0) process.exitCode = 1;
    const file = process.env.NANSCOPE_COUNTS;
    const all = [
      ...failures,
      ...brokenFiles.map((module) => `${module.relativeModuleId}: ${module.errors()[0]?.message}`),
      ...unhandledErrors.map((error) => `outside a test: ${/** @type {Error} */ (error).message}`),
      ...missing,
    ];
    if (file) writeFileSync(file, JSON.stringify({ ...counts, failed: all.length, failures: all }));
  }
}

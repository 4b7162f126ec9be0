import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import LongestFirst from './test/setup/longest-first.ts';

const source = ['@nanscope/source'];

type TestOptions = NonNullable<TestProjectInlineConfiguration['test']>;

/** One kind of test: `vitest run --project NAME` runs it alone. */
const project = (
  name: string,
  include: string[],
  more: TestOptions = {},
): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include, ...more },
});

const replaced = 'test/conformance/decorations/**/*.test.ts';

/**
 * Those that open a GPU and may lose it, ask for a kernel as TensorFlow.js has it, or open a backend as if the machine had less: what a
 * process has opened once stays as it is.
 */
const alone = [
  'cpu/broadcast',
  'cpu/products',
  'wasm/build-missing',
  'wasm/memory-refused',
  'webgpu/mat-mul/mat-mul',
  'webgpu/session',
].map((name) => `packages/backend/src/${name}.test.ts`);

/** Files run one after the other in a process; each begins on plain JavaScript. */
const sharing: TestOptions = {
  setupFiles: ['./test/setup/early-tensors.ts', './test/setup/plain-backend.ts'],
  isolate: false,
};

/**
 * Starts the command line, hundreds of times, each of which is several processes: on a busy machine that takes its time. What a test runs
 * in its own process (test/integration/in-process.ts) is a bundle that leads and computes nothing, so that these share processes too.
 */
const startsCommands: TestOptions = {
  globalSetup: './test/build.ts',
  testTimeout: 240_000,
  hookTimeout: 240_000,
};

/** What `--mode quick` runs: no process is started, no device is opened but the two that every machine has. */
const quick = ['unit', 'conformance', 'replaced'];
/** Backends, each opened as it is. */
const notQuick = 'packages/backend/**';
const quickBackends = { NANSCOPE_TEST_BACKENDS: 'cpu,wasm' };

/**
 * Mesa's software GPU translates a shader in two thirds of the time where its vectors are four numbers wide, and one thread beside
 * the process is woken for small work at less cost than one for every core; it computes the same.
 */
const softwareGpu = { LP_NATIVE_VECTOR_WIDTH: '128', LP_NUM_THREADS: '1' };

/** Tests run from the TypeScript sources; only the command line that they start is bundled (test/build.ts). */
export default defineConfig(({ mode }) => ({
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source, externalConditions: source } },
  test: {
    env: { ...softwareGpu, ...(mode === 'quick' && quickBackends) },
    projects: [
      // Beside the sources. They share processes, because importing TensorFlow.js takes longer than most of them.
      project('unit', ['{packages,apps}/*/src/**/*.test.ts', 'test/scripts/**/*.test.ts'], {
        exclude: ['**/node_modules/**', ...alone, ...(mode === 'quick' ? [notQuick] : [])],
        ...sharing,
      }),
      // A process each. Mesa's software GPU has two threads here, so that workgroups run side by side as on a real one.
      project('alone', alone, { env: { LP_NUM_THREADS: '2' } }),
      // These share processes as well: most of a file's time is the import of TensorFlow.js and the look at each backend.
      project('conformance', ['test/{conformance,golden}/**/*.test.ts'], {
        exclude: ['**/node_modules/**', replaced],
        ...sharing,
      }),
      // Those that put modules of their own in the place of ours, which nobody else may get.
      project('replaced', [replaced]),
      project('integration', ['test/integration/**/*.test.ts'], { ...startsCommands, ...sharing }),
      project('docs', ['test/docs/**/*.test.ts'], { ...startsCommands, ...sharing }),
      project('page', ['test/web/**/*.test.ts'], startsCommands),
    ].filter(({ test }) => mode !== 'quick' || quick.includes(String(test?.name))),
    setupFiles: ['./test/setup/early-tensors.ts'],
    pool: 'forks',
    // Every core: most tests wait for processes of their own. The default leaves one idle, which is half of two. With one more than cores
    // a page's software adapter is too slow for its tests' patience.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './scripts/skip-reporter.mjs'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
}));

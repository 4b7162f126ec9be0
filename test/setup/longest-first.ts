/**
 * The order of the test files: those that take minutes first, so that no worker is left alone with one at the end. vitest goes by
 * what it measured before, and on a fresh clone by the size of a file, which says little about a file that starts commands.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The slowest by far, the slowest first (`vitest run --reporter json` has the times). */
const slow = [
  'conformance/fused-heads',
  'integration/torch-pair',
  'conformance/fused',
  'integration/matrix',
  'integration/torch',
  'integration/reduce',
  'docs/torch',
  'integration/lanes',
  'web/evaluation',
  'integration/train',
  'conformance/decoders',
  'conformance/attention',
  'conformance/detector',
  'integration/families',
  'web/webgpu',
  'integration/conform',
  'integration/grads',
  'docs/examples',
  'integration/shadow',
  'conformance/training-curve',
  'web/appearance',
  'integration/policies',
  'conformance/fused-mutants',
  'integration/resume',
];

const place = ({ moduleId }: TestSpecification): number => {
  const found = slow.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return found === -1 ? slow.length : found;
};

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

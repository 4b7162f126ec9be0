/**
 * The order of the test files: project by project, so that files that share a process find one (vitest ends it when the next file
 * is of another project), first those that start commands, last those of which a file takes no time, so that no worker is
 * left alone with one. In a project those that take a minute come first: vitest goes by what it measured before, and on a fresh clone
 * by the size of a file, which says little about a file that starts commands.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const projects = ['integration', 'page', 'docs', 'conformance', 'replaced', 'alone', 'unit'];

/** The slowest by far, the slowest first (`vitest run --reporter json` has the times). */
const slow = [
  'integration/matrix',
  'integration/torch-pair',
  'integration/torch',
  'integration/lanes',
  'integration/train-stopped',
  'integration/reduce-kernel',
  'integration/resume',
  'integration/reduce',
  'integration/torch-folder',
  'integration/policies',
  'integration/gpu',
  'integration/families',
  'integration/train',
  'web/evaluation',
  'web/webgpu',
  'web/appearance',
  'docs/torch',
  'docs/examples',
  'docs/reports',
  'conformance/fused-heads',
  'conformance/fused',
  'conformance/decoders',
  'conformance/attention',
  'conformance/detector',
  'conformance/cells',
  'conformance/training-curve',
  'conformance/accusation',
  'golden/decoder-options',
  'conformance/fused-mutants',
  'report/src/page/browser',
  'trainer/src/loop/non-finite',
  'trainer/src/loop/train',
  'lane/src/evaluate/resume',
];

const place = ({ moduleId, project }: TestSpecification): number => {
  const found = slow.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return projects.indexOf(project.name) * (slow.length + 1) + (found === -1 ? slow.length : found);
};

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

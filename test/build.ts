/**
 * Before the tests: bundles the command line as a checkout runs it, which the tests then start hundreds of times. What is
 * fresh is not made again.
 */
import { bundleOf } from '../apps/cli/scripts/bundle.mjs';

export default async function build(): Promise<void> {
  await bundleOf();
}

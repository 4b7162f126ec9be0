/**
 * Before the tests: bundles the command line as a checkout runs it, alone and beside a third party's backend, which the tests then
 * start hundreds of times. What is fresh is not made again.
 */
import { bundleOf, openArguments } from '../apps/cli/scripts/bundle.mjs';

export default async function build(): Promise<void> {
  await bundleOf();
  await openArguments();
}

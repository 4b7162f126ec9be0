/** The flags of `nanscope eval` that mean something on a page: all but those that name places on a disk. */
import { evalFlags, type Flag } from '@nanscope/harness';

const ofADisk: readonly string[] = ['backend', 'load-inputs', 'out', 'json', 'reporter', 'save-outputs'];

export const pageFlags: readonly Flag[] = evalFlags.filter((flag) => !ofADisk.includes(flag.name));

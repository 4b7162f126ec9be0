/**
 * Which package of the workspace may import which: the direction of the house, in one place. A package that is not
 * listed may not exist; a name that is not in a package's list may not be imported by it, its tests included.
 * Tests that need more than their package sees live under test/.
 *
 * Read by check-imports.mjs. Keep it in the order of the layers, from the one that imports nothing.
 * @type {Record<string, readonly string[]>}
 */
export const importTable = {
  errors: [],
  safetensors: ['errors'],
  hub: ['errors'],
  backend: ['errors'],
  device: ['errors', 'backend'],
  collator: ['errors'],
  cascade: ['errors', 'backend'],
  attention: ['errors', 'backend'],
  conform: ['errors', 'safetensors', 'attention'],
  gpt2: ['errors', 'safetensors', 'backend', 'attention'],
  trainer: ['errors', 'safetensors', 'backend', 'gpt2'],
  experiments: ['errors', 'device', 'collator', 'cascade', 'attention', 'gpt2', 'trainer'],
  report: ['errors'],
  harness: [
    'errors',
    'safetensors',
    'hub',
    'backend',
    'device',
    'collator',
    'cascade',
    'attention',
    'conform',
    'gpt2',
    'trainer',
    'experiments',
    'report',
  ],
  cli: ['errors', 'harness', 'report'],
  web: [
    'errors',
    'safetensors',
    'backend',
    'device',
    'collator',
    'attention',
    'conform',
    'gpt2',
    'experiments',
    'harness',
    'report',
  ],
};

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
  record: ['errors'],
  backend: ['errors'],
  device: ['errors', 'backend'],
  collator: ['errors'],
  cascade: ['errors', 'backend', 'record'],
  attention: ['errors', 'backend'],
  conform: ['errors', 'safetensors', 'attention'],
  model: ['errors', 'safetensors', 'backend', 'attention'],
  trainer: ['errors', 'safetensors', 'backend', 'model'],
  experiments: ['errors', 'device', 'collator', 'cascade', 'attention', 'model', 'trainer'],
  settings: ['errors', 'record', 'device', 'cascade', 'attention', 'conform', 'trainer', 'experiments'],
  lane: [
    'errors',
    'safetensors',
    'hub',
    'record',
    'backend',
    'device',
    'collator',
    'cascade',
    'attention',
    'conform',
    'model',
    'trainer',
    'experiments',
    'settings',
  ],
  report: ['errors', 'record'],
  harness: [
    'errors',
    'safetensors',
    'hub',
    'record',
    'backend',
    'device',
    'collator',
    'cascade',
    'attention',
    'conform',
    'model',
    'trainer',
    'experiments',
    'settings',
    'lane',
    'report',
  ],
  cli: ['errors', 'record', 'settings', 'lane', 'report', 'harness'],
  web: [
    'errors',
    'safetensors',
    'record',
    'backend',
    'device',
    'collator',
    'attention',
    'conform',
    'model',
    'experiments',
    'settings',
    'lane',
    'report',
    'harness',
  ],
};

/**
 * The same inside a package: its folders in the order of their layers, each of which may import only those before it.
 * `.` stands for the files beside the folders; the entries `index.ts` and `browser.ts` see everything. A package that
 * is not listed is one room.
 * @type {Record<string, readonly string[]>}
 */
export const folderOrder = {
  record: ['schema', '.', 'node'],
  settings: ['.', 'node'],
  lane: [
    'protocol',
    'session',
    'data',
    'evaluate',
    'generate',
    'train',
    'shadow',
    'reduce-case',
    'cells',
    'conform',
    'trials',
    'examine',
    'probe',
    'transport',
    '.',
  ],
  report: ['text', 'words', 'html', 'terminal', 'lanes', 'kinds', 'page', 'reporters', 'progress', '.'],
  harness: [
    'devices',
    'run-folder',
    'selection',
    'lanes',
    'compare',
    'experiments',
    'claims',
    'matrix',
    'train',
    'open',
    'conform',
    'shadow',
    'doctor',
    'evaluate',
    'generate',
    'reduce',
    'selftest',
  ],
};

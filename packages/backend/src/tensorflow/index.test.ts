import { expect, it } from 'vitest';
import { whyAbsent } from './index.ts';

const withCode = (message: string, code?: string) => Object.assign(new Error(message), code ? { code } : {});

it.each([
  [
    'not linked (ESM)',
    withCode("Cannot find package '@tensorflow/tfjs-node'", 'ERR_MODULE_NOT_FOUND'),
    /is not installed/,
  ],
  [
    'not linked (CJS)',
    withCode("Cannot find module '@tensorflow/tfjs-node'", 'MODULE_NOT_FOUND'),
    /is not installed/,
  ],
  [
    'not built',
    withCode(
      'The Node.js native addon module (tfjs_binding.node) can not be found at path: /x. \nPlease run',
    ),
    /its native addon is not/,
  ],
  [
    'a library that does not load',
    withCode('libtensorflow.so.2: cannot open shared object file\nRequire stack:', 'ERR_DLOPEN_FAILED'),
    /^libtensorflow\.so\.2: cannot open shared object file$/,
  ],
])('a package that is %s has a reason of one line', (_, cause, reason) => {
  expect(whyAbsent(cause)).toMatch(reason);
  expect(whyAbsent(cause)).not.toContain('\n');
});

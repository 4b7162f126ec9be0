/** Each test file begins on plain JavaScript, whatever the file before it in the same process has opened. */
import { beforeAll } from 'vitest';
import type { Scope } from './early-tensors.ts';

beforeAll(async () => {
  const engine = (globalThis as Scope)._tfengine;
  await engine?.setBackend('cpu');
});

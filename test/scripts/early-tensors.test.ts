import { expect, it } from 'vitest';
import { refuseTensors, type Scope } from '../setup/early-tensors.ts';

class Engine {
  makeTensor(): string {
    return 'a tensor';
  }
  async setBackend(): Promise<boolean> {
    return true;
  }
}

it.each([
  ['there already', (scope: Scope, engine: Engine) => Object.assign(scope, { _tfengine: engine }), () => {}],
  ['imported later', () => {}, (scope: Scope, engine: Engine) => Object.assign(scope, { _tfengine: engine })],
])('an engine that is %s makes no tensor until it is allowed to', (_, before, after) => {
  const scope: Scope = {};
  const engine = new Engine();
  before(scope, engine);
  const allow = refuseTensors(scope);
  after(scope, engine);
  expect(() => scope._tfengine?.makeTensor()).toThrow(/makes a tensor as it is imported/);
  allow();
  expect(scope._tfengine).toBe(engine);
  expect(scope._tfengine?.makeTensor()).toBe('a tensor');
});

it('leaves nothing behind where TensorFlow.js was not imported', () => {
  const scope: Scope = {};
  refuseTensors(scope)();
  expect(Object.getOwnPropertyNames(scope)).toEqual([]);
});

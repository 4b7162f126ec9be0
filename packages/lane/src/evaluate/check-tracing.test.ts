import '@nanscope/trainer'; // Its kernels are registered as in a run.
import { describe, expect, it } from 'vitest';
import { checkTracing } from './tracer.ts';

const check = (traceFilter: string[], changes: object = {}) =>
  checkTracing({ trace: 'health', traceKeep: 3, traceFilter, ...changes });

describe('checkTracing', () => {
  it('takes kernels of tfjs and our own, by name or by a part of it', () => {
    expect(() =>
      check(['op=MatMul', 'phase=optimizer,op=AdamWStep', 'module=transformer.h.0']),
    ).not.toThrow();
  });

  it.each([
    [['op=Sofmax'], /found "Sofmax"\. Did you mean Softmax\?$/],
    [['op=Exp', 'phase=forwards'], /found "forwards"\. Did you mean forward\?$/],
  ])('refuses %j in one line', (filters, message) => {
    expect(() => check(filters)).toThrow(message);
  });

  it('leaves the kernels of a third party to its backend', () => {
    expect(() => check(['op=Theirs'], { backend: './theirs.js' })).not.toThrow();
  });

  it('refuses a filter where nothing is traced', () => {
    expect(() => check(['op=Exp'], { trace: 'off' })).toThrow(/found --trace off/);
  });
});

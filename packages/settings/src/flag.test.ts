import { describe, expect, it } from 'vitest';
import { type Flag, parseFlag } from './flag.ts';

const base = { group: 'g', describe: 'd', affects: 'numbers' } as const;
const count: Flag = { ...base, name: 'count', kind: 'integer', min: 1 };
const bail: Flag = { ...base, name: 'bail', kind: 'integer', min: 1, bare: 1 };
const tolerance: Flag = { ...base, name: 'rtol', kind: 'number', min: 0 };
const choice: Flag = { ...base, name: 'side', kind: 'choice', choices: ['left', 'right'] };
const text: Flag = { ...base, name: 'out', kind: 'text', value: 'DIR' };
const texts: Flag = { ...base, name: 'prompt', kind: 'texts', value: 'TEXT' };
const toggle: Flag = { ...base, name: 'json', kind: 'switch', default: false };

describe('parseFlag', () => {
  it.each<[Flag, unknown, unknown]>([
    [count, '3', 3],
    [count, 3, 3],
    [count, '1e2', 100],
    [bail, '', 1],
    [bail, true, 1],
    [bail, '3', 3],
    [tolerance, '1e-4', 1e-4],
    [tolerance, 0, 0],
    [choice, 'left', 'left'],
    [text, 'a b', 'a b'],
    [text, -1e9, '-1000000000'],
    [toggle, true, true],
    [toggle, 'false', false],
    [texts, ['a', ''], ['a', '']],
    [texts, 'a', ['a']],
  ])('%j takes %j', (flag, raw, value) => {
    expect(parseFlag(flag, raw, '--x')).toEqual(value);
  });

  it.each<[Flag, unknown, RegExp]>([
    [count, '0', /--x: expected a whole number of at least 1, found "0"/],
    [count, '2.5', /found "2.5"/],
    [count, '', /found ""/],
    [count, ' ', /found " "/],
    [count, 'NaN', /found "NaN"/],
    [count, true, /found true/],
    [count, [1], /found \[1\]/],
    [count, '1e99', /found "1e99"/],
    [tolerance, '-1', /expected a number of at least 0, found "-1"/],
    [tolerance, 'Infinity', /found "Infinity"/],
    [tolerance, null, /found null/],
    [choice, 'lefr', /expected one of left, right, found "lefr". Did you mean left\?/],
    [choice, 'xxxxxxxx', /found "xxxxxxxx"\.$/],
    [text, '', /expected DIR, found ""/],
    [text, { a: 1 }, /expected DIR, found \{"a":1\}/],
    [texts, ['a', 1], /expected TEXT, once or as a list, found \["a",1\]/],
    [toggle, 'yes', /expected true or false, found "yes"/],
  ])('%j refuses %j', (flag, raw, message) => {
    expect(() => parseFlag(flag, raw, '--x')).toThrow(message);
  });
});

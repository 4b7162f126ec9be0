import { expect, it } from 'vitest';
import { failOnOf } from './fail-on.ts';

it.each([
  ['the flag beats where the command runs', { failOn: ['differ'] as const }, 'true', ['differ']],
  ['all three in CI', {}, 'true', ['nan', 'differ', 'leak']],
  ['all three in CI, however it says so', {}, '1', ['nan', 'differ', 'leak']],
  ['all three for JUnit', { reporter: ['terminal', 'junit'] }, undefined, ['nan', 'differ', 'leak']],
  ['all three for JUnit in a file', { reporter: ['junit=a=b.xml'] }, undefined, ['nan', 'differ', 'leak']],
  ['all three for GitHub', { reporter: ['github'] }, '', ['nan', 'differ', 'leak']],
  ['nothing is settled on a terminal', { reporter: ['html', 'json'] }, undefined, undefined],
  ['CI that says no is none', {}, 'false', undefined],
  ['CI that is empty is none', {}, '', undefined],
  ['CI that is 0 is none', {}, '0', undefined],
])('%s', (_, config, ci, expected) => {
  expect(failOnOf(config, ci)).toEqual(expected);
});

import { describe, expect, it } from 'vitest';
import { bothNaN, matrix } from '../fixtures.ts';
import { renderHtml } from '../page/render.ts';
import { termsIn } from './glossary.ts';

describe('the words of a report', () => {
  it('are those that it uses', () => {
    const names = termsIn('the target kills a NaN in 3 ops').map(({ term }) => term);
    expect(names).toEqual(['target', 'op', 'kill']);
  });

  it.each([bothNaN, matrix])('stand at the end of the HTML of $kind, which names them above', (record) => {
    const page = renderHtml({ record });
    expect(page).toContain('<a href="#words">Words</a>');
    expect(page).toMatch(/<section id="words"[\s\S]*<dt>\w/);
  });
});

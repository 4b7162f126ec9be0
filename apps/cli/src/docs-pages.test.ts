import { describe, expect, it } from 'vitest';
import { aboutPage, docsPages, searchDocs, sectionsOf } from './docs-pages.ts';

const page = {
  name: 'masks',
  text: '# Masks\n\nFor everyone.\nYou will be able to read a mask.\n\n## Left padding\n\nPads stand first.\n\n```sh\n# no heading\npads\n```\n\n## Right\n\nPadding stands last; padding, padding.\n',
};

describe('searchDocs', () => {
  it('finds the sections that hold every word; a word in a heading counts most', () => {
    expect(searchDocs([page], ['PADDING'], 9).map(({ heading }) => heading)).toEqual([
      'Left padding',
      'Right',
    ]);
    expect(searchDocs([page], ['padding', 'last'], 9)).toMatchObject([
      { heading: 'Right', excerpt: 'Padding stands last; padding, padding.' },
    ]);
  });

  it('where none holds all, takes those that hold most; without any, nothing', () => {
    expect(searchDocs([page], ['pads', 'nowhere'], 9).map(({ heading }) => heading)).toEqual([
      'Left padding',
    ]);
    expect(searchDocs([page], ['nowhere'], 9)).toEqual([]);
  });

  it('a heading in a block of code is none', () => {
    expect(sectionsOf(page).map(({ heading }) => heading)).toEqual(['Masks', 'Left padding', 'Right']);
  });
});

it('every page says what its reader will be able to do, and can be found by its own name', () => {
  const pages = docsPages();
  expect(pages.length).toBeGreaterThan(20);
  for (const one of pages) {
    expect(aboutPage(one).about, one.name).not.toBe('');
    expect(searchDocs(pages, [one.name.split('-')[0]!], 50).map(({ page: name }) => name)).toContain(
      one.name,
    );
  }
});

it('what is asked most often is found first', () => {
  const first = (words: string) => searchDocs(docsPages(), words.split(' '), 1)[0]?.page;
  expect(first('left padding nan')).toBe('why-nan');
  expect(first('exit codes')).toBe('run-folders');
  expect(first('backend/file-missing')).toBe('errors');
});

/** The rules of scripts/check-imports.mjs, each beside a control case that passes. */
import { describe, expect, test } from 'vitest';
import { folderFaults, packageFaults, tableFaults } from '../../scripts/check-imports.mjs';
import { importSpecifiers, packageOf } from '../../scripts/import-specifiers.mjs';
import { importTable } from '../../scripts/import-table.mjs';

const table = { errors: [], backend: ['errors'], device: ['errors', 'backend'] };

interface Changes {
  name?: string;
  files?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  references?: string[];
}

/** The faults of a package `device` that is right but for the changes. */
function faults(
  { name = 'device', files, dependencies, devDependencies, references }: Changes = {},
  rules: Record<string, readonly string[]> = table,
): string[] {
  return packageFaults(
    {
      name,
      folder: `packages/${name}`,
      manifest: {
        name: `@nanscope/${name}`,
        dependencies: dependencies ?? { '@nanscope/errors': 'workspace:*' },
        devDependencies: devDependencies ?? {},
      },
      references: references ?? ['errors'],
      files: Object.entries(files ?? { 'src/index.ts': "import { UserError } from '@nanscope/errors';" }).map(
        ([path, text]) => ({ path, text }),
      ),
    },
    rules,
    ['vitest'],
  );
}

describe('specifiers', () => {
  test('every form of import is found', () => {
    const text = `
      import a from 'a';
      import type { B } from "b/deep";
      import {
        c,
      } from 'c';
      import 'd';
      export * from './e.ts';
      export { f } from 'f';
      const g = await import('g');
      const h = require('h');
      const i = require.resolve('i/package.json');`;
    expect(importSpecifiers(text)).toEqual([
      'a',
      'b/deep',
      'c',
      'd',
      './e.ts',
      'f',
      'g',
      'h',
      'i/package.json',
    ]);
  });

  test('comments, template strings and plain strings are not imports', () => {
    const text = `
      // import 'a';
      /* import 'b'; */
      const glob = 'src/**/*.ts';
      const program = \`import 'c';\`;
      const text = "from 'd'";
      const script = "await import('g'), done";
      export const from = 'e';
      import 'f'; /** and nothing more */`;
    expect(importSpecifiers(text)).toEqual(['f']);
  });

  test('a specifier belongs to a package, or to none', () => {
    expect(packageOf('@a/b/c.js')).toBe('@a/b');
    expect(packageOf('yargs/helpers')).toBe('yargs');
    for (const none of ['./a.ts', '../a.ts', 'node:fs', '#internal']) expect(packageOf(none)).toBeUndefined();
  });
});

describe('a package', () => {
  test('that keeps the rules has no fault', () => {
    expect(faults()).toEqual([]);
  });

  test('may not import against the direction', () => {
    expect(
      faults({
        name: 'errors',
        dependencies: { '@nanscope/device': 'workspace:*' },
        references: ['device'],
        files: { 'src/index.ts': "import { resolve } from '@nanscope/device';" },
      }),
    ).toEqual([
      'packages/errors/src/index.ts: @nanscope/errors may not import @nanscope/device (it may import no package of the workspace)',
    ]);
  });

  test.each(['harness', 'lane'])(
    '%s writes records, and may not import the reports that are made of them',
    (name) => {
      const changes = (target: string) => ({
        name,
        dependencies: { [`@nanscope/${target}`]: 'workspace:*' },
        references: [target],
        files: { 'src/index.ts': `import type { Reporter } from '@nanscope/${target}';` },
      });
      expect(faults(changes('record'), importTable)).toEqual([]);
      expect(faults(changes('report'), importTable)[0]).toContain(
        `@nanscope/${name} may not import @nanscope/report`,
      );
    },
  );

  test('that the table does not know is a fault', () => {
    expect(faults({ name: 'stray' })).toEqual([
      'packages/stray: not in scripts/import-table.mjs; say there what @nanscope/stray may import',
    ]);
  });

  test('may not reach into another one, by name or by path', () => {
    expect(faults({ files: { 'src/index.ts': "import x from '@nanscope/errors/src/x.ts';" } })).toEqual([
      "packages/device/src/index.ts: '@nanscope/errors/src/x.ts' reaches into @nanscope/errors; import '@nanscope/errors' and export what is needed",
    ]);
    const files = {
      'src/index.ts': "import '@nanscope/errors';",
      'src/deep/a.ts': "import '../index.ts'; import x from '../../../errors/src/x.ts';",
    };
    expect(faults({ files })).toEqual([
      "packages/device/src/deep/a.ts: '../../../errors/src/x.ts' leaves the package; import what is there by its package's name",
    ]);
  });

  test('declares what it imports', () => {
    const files = { 'src/index.ts': "import '@nanscope/errors';\nimport { z } from 'zod';" };
    expect(faults({ files })).toEqual([
      'packages/device/src/index.ts: imports zod, which is not in the dependencies of packages/device/package.json',
    ]);
    const dependencies = { '@nanscope/errors': 'workspace:*', zod: 'catalog:' };
    expect(faults({ files, dependencies })).toEqual([]);
  });

  test('may use development dependencies in tests only', () => {
    const index = "import '@nanscope/errors';";
    expect(faults({ files: { 'src/index.ts': index, 'src/a.test.ts': "import 'vitest';" } })).toEqual([]);
    expect(faults({ files: { 'src/index.ts': index, 'src/a.ts': "import 'vitest';" } })).toEqual([
      'packages/device/src/a.ts: imports vitest, which is not in the dependencies of packages/device/package.json',
    ]);
  });

  test('leaves no dependency unused, of any kind', () => {
    expect(faults({ dependencies: { '@nanscope/errors': 'workspace:*', zod: 'catalog:' } })).toEqual([
      'packages/device/package.json: nothing in src imports zod; remove it',
    ]);
    expect(faults({ devDependencies: { '@types/yargs': 'catalog:' } })).toEqual([
      'packages/device/package.json: nothing in src imports yargs; remove @types/yargs',
    ]);
    const files = { 'src/index.ts': "import '@nanscope/errors'; const name = 'webgpu'; await import(name);" };
    expect(
      faults({ files, dependencies: { '@nanscope/errors': 'workspace:*', webgpu: 'catalog:' } }),
    ).toEqual([]);
  });

  test('has the tsconfig references of its dependencies', () => {
    expect(faults({ references: [] })).toEqual([
      'packages/device/tsconfig.json: add a reference to ../errors, which package.json depends on',
    ]);
    expect(faults({ references: ['errors', 'backend'] })).toEqual([
      'packages/device/tsconfig.json: refers to backend, which package.json does not depend on',
    ]);
  });
});

describe('the table', () => {
  test('names packages that exist, each after those it may import', () => {
    expect(tableFaults(table, ['errors', 'backend', 'device'])).toEqual([]);
    expect(tableFaults(table, ['errors', 'backend'])).toEqual([
      'scripts/import-table.mjs: there is no package @nanscope/device',
    ]);
    expect(tableFaults({ a: ['b'], b: ['a'] }, ['a', 'b'])).toEqual([
      'scripts/import-table.mjs: a may import b, which is not listed above it',
    ]);
  });
});

describe('folders inside a package', () => {
  const order = ['schema', '.', 'node'];
  const inside = (path: string, text: string) =>
    folderFaults({ name: 'record', folder: 'packages/record', files: [{ path, text }] }, order);

  test('an arrow down or beside is right', () => {
    expect(
      inside('src/node/write.ts', "import { a } from '../sink.ts'; import { b } from './lock.ts';"),
    ).toEqual([]);
    expect(inside('src/parse.ts', "import { a } from './schema/lane.ts';")).toEqual([]);
  });

  test('an arrow up is a fault that names both folders', () => {
    expect(inside('src/schema/lane.ts', "import { a } from '../node/write.ts';")).toEqual([
      "packages/record/src/schema/lane.ts: '../node/write.ts' points up; in @nanscope/record the folder node stands above schema",
    ]);
    expect(inside('src/parse.ts', "import type { A } from './node/write.ts';")).toHaveLength(1);
  });

  test('a folder that is not in the table is a fault', () => {
    expect(inside('src/attic/old.ts', '')).toEqual([
      'packages/record/src/attic/old.ts: its folder is not in scripts/import-table.mjs; say there where it stands',
    ]);
  });

  test('entries and tests see everything', () => {
    expect(inside('src/index.ts', "export { a } from './node/write.ts';")).toEqual([]);
    expect(inside('src/schema/lane.test.ts', "import { a } from '../node/write.ts';")).toEqual([]);
  });
});

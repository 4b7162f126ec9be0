/**
 * Holds the packages to the direction of imports, and their package.json to what they really import. `pnpm lint`
 * runs it; each fault is one line. The direction itself is written in import-table.mjs.
 *
 * Checked, for each package: only listed packages are imported, and by their name alone (no deep import, no relative
 * path out of the package); inside a package no folder imports one that stands after it; what the code imports is a dependency, what a test imports at least a development
 * one; no dependency is left unused; the tsconfig references are the workspace dependencies.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importSpecifiers, packageOf } from './import-specifiers.mjs';
import { folderOrder, importTable } from './import-table.mjs';

const scope = '@nanscope/';

/**
 * @typedef {object} SourceFile
 * @property {string} path inside the package, with forward slashes
 * @property {string} text
 */

/**
 * @typedef {object} WorkspacePackage
 * @property {string} name folder name, also the name after the scope
 * @property {string} folder inside the repository, such as packages/errors
 * @property {Record<string, any>} manifest
 * @property {string[]} references names of the packages that its tsconfig refers to
 * @property {SourceFile[]} files
 */

/** @param {string} path */
const isTest = (path) =>
  /\.test\.[cm]?tsx?$/.test(path) || /(?:^|\/)(?:testing|test-support|fixtures)\//.test(path);

/**
 * The faults of one package, each one line.
 * @param {WorkspacePackage} subject
 * @param {Record<string, readonly string[]>} table
 * @param {readonly string[]} rootDevDependencies
 * @returns {string[]}
 */
export function packageFaults(subject, table, rootDevDependencies) {
  const { name, folder, manifest } = subject;
  const allowed = table[name];
  if (allowed === undefined) {
    return [`${folder}: not in scripts/import-table.mjs; say there what ${scope}${name} may import`];
  }
  const faults = [];
  const runtime = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.optionalDependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
  ]);
  const development = new Set([...Object.keys(manifest.devDependencies ?? {}), ...rootDevDependencies]);
  const used = new Set();

  for (const file of subject.files) {
    const at = `${folder}/${file.path}`;
    for (const specifier of importSpecifiers(file.text)) {
      if (specifier.startsWith('.')) {
        const target = posix.normalize(posix.join(posix.dirname(at), specifier));
        const shared = isTest(file.path) && target.startsWith('test/fixtures/');
        if (!target.startsWith(`${folder}/`) && !shared) {
          faults.push(`${at}: '${specifier}' leaves the package; import what is there by its package's name`);
        }
        continue;
      }
      const target = packageOf(specifier);
      if (target === undefined || builtinModules.includes(target) || target === manifest.name) continue;
      if (!isTest(file.path) || !development.has(target)) used.add(target);
      if (target.startsWith(scope)) {
        const short = target.slice(scope.length);
        if (!allowed.includes(short)) {
          const list = allowed.length === 0 ? 'no package of the workspace' : allowed.join(', ');
          faults.push(`${at}: ${scope}${name} may not import ${target} (it may import ${list})`);
          continue;
        }
        if (specifier !== target) {
          faults.push(
            `${at}: '${specifier}' reaches into ${target}; import '${target}' and export what is needed`,
          );
        }
      }
      if (runtime.has(target) || (isTest(file.path) && development.has(target))) continue;
      const kind = isTest(file.path) ? 'dependencies or devDependencies' : 'dependencies';
      faults.push(`${at}: imports ${target}, which is not in the ${kind} of ${folder}/package.json`);
    }
  }

  // A name in quotes is a use as well: an optional dependency may be loaded through a variable.
  const mentions = (/** @type {string} */ dependency) =>
    subject.files.some((file) => new RegExp(`['"]${dependency}['"/]`).test(file.text));
  for (const dependency of runtime) {
    if (!used.has(dependency) && !mentions(dependency))
      faults.push(`${folder}/package.json: nothing in src imports ${dependency}; remove it`);
  }
  for (const dependency of Object.keys(manifest.devDependencies ?? {})) {
    const described = dependency.replace(/^@types\//, '');
    if (!mentions(described)) {
      faults.push(`${folder}/package.json: nothing in src imports ${described}; remove ${dependency}`);
    }
  }
  const wanted = [...runtime, ...Object.keys(manifest.devDependencies ?? {})]
    .filter((dependency) => dependency.startsWith(scope))
    .map((dependency) => dependency.slice(scope.length));
  for (const missing of wanted.filter((other) => !subject.references.includes(other))) {
    faults.push(`${folder}/tsconfig.json: add a reference to ../${missing}, which package.json depends on`);
  }
  for (const extra of subject.references.filter((other) => !wanted.includes(other))) {
    faults.push(`${folder}/tsconfig.json: refers to ${extra}, which package.json does not depend on`);
  }
  return faults;
}

/**
 * The faults inside one package: arrows from a folder to one that stands after it. Tests may look anywhere.
 * @param {Pick<WorkspacePackage, 'name' | 'folder' | 'files'>} subject
 * @param {readonly string[] | undefined} order
 * @returns {string[]}
 */
export function folderFaults({ name, folder, files }, order) {
  if (order === undefined) return [];
  const faults = [];
  const room = (/** @type {string} */ path) => (path.includes('/') ? (path.split('/')[0] ?? '.') : '.');
  for (const file of files) {
    const path = file.path.replace(/^src\//, '');
    if (path === file.path || isTest(file.path) || path === 'index.ts' || path === 'browser.ts') continue;
    const from = order.indexOf(room(path));
    if (from < 0) {
      faults.push(
        `${folder}/${file.path}: its folder is not in scripts/import-table.mjs; say there where it stands`,
      );
      continue;
    }
    for (const specifier of importSpecifiers(file.text)) {
      if (!specifier.startsWith('.')) continue;
      const target = posix.normalize(posix.join(posix.dirname(path), specifier));
      if (target.startsWith('..') || order.indexOf(room(target)) <= from) continue;
      faults.push(
        `${folder}/${file.path}: '${specifier}' points up; in ${scope}${name} the folder ${room(target)} stands above ${room(path)}`,
      );
    }
  }
  return faults;
}

/**
 * The faults of the table itself: names of packages that are not there, and circles.
 * @param {Record<string, readonly string[]>} table
 * @param {readonly string[]} names the packages that exist
 * @returns {string[]}
 */
export function tableFaults(table, names) {
  const faults = [];
  const earlier = new Set();
  for (const [name, allowed] of Object.entries(table)) {
    if (!names.includes(name)) faults.push(`scripts/import-table.mjs: there is no package ${scope}${name}`);
    for (const other of allowed) {
      if (!earlier.has(other)) {
        faults.push(`scripts/import-table.mjs: ${name} may import ${other}, which is not listed above it`);
      }
    }
    earlier.add(name);
  }
  return faults;
}

/**
 * @param {string} folder
 * @returns {string[]} paths relative to the folder, with forward slashes
 */
function sourcePaths(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
    .map((path) => path.split(sep).join('/'))
    .sort();
}

/**
 * Reads a package from the disk.
 * @param {string} root
 * @param {string} folder
 * @returns {WorkspacePackage}
 */
function readPackage(root, folder) {
  const at = join(root, folder);
  const tsconfig = JSON.parse(readFileSync(join(at, 'tsconfig.json'), 'utf8'));
  const paths = ['src', 'bin'].flatMap((part) =>
    sourcePaths(join(at, part)).map((path) => `${part}/${path}`),
  );
  return {
    name: folder.split('/').at(-1) ?? folder,
    folder,
    manifest: JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')),
    references: (tsconfig.references ?? []).map((/** @type {{ path: string }} */ { path }) =>
      path.split('/').at(-1),
    ),
    files: paths.map((path) => ({ path, text: readFileSync(join(at, path), 'utf8') })),
  };
}

/**
 * All faults of a repository.
 * @param {string} root
 * @returns {string[]}
 */
export function checkImports(root) {
  const folders = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(root, parent, entry.name, 'package.json')))
      .map((entry) => `${parent}/${entry.name}`),
  );
  const packages = folders.map((folder) => readPackage(root, folder));
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const rootDevDependencies = Object.keys(manifest.devDependencies);
  return [
    ...tableFaults(
      importTable,
      packages.map(({ name }) => name),
    ),
    ...packages.flatMap((subject) => packageFaults(subject, importTable, rootDevDependencies)),
    ...packages.flatMap((subject) => folderFaults(subject, folderOrder[subject.name])),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const faults = checkImports(root);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error(`imports: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`);
    process.exitCode = 1;
  }
}

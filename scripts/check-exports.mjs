/**
 * Refuses a value that is exported and named in no other file: it is either the file's own business or nobody's.
 * `pnpm lint` runs it; each fault is one line. Types may be exported for those who read a function's signature.
 *
 * It goes by names, so it may overlook an unused export whose name is used elsewhere; it never accuses a used one.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const declaration =
  /^export\s+(?:abstract\s+)?(?:async\s+)?(?:function\*?|const|let|class|enum)\s+([A-Za-z_$][\w$]*)/gm;

/** @param {string} path */
const isSource = (path) => /^(?:packages|apps)\/[^/]+\/src\//.test(path) && !/\.test\.ts$/.test(path);

/**
 * @param {ReadonlyMap<string, string>} files path to text: sources, tests, scripts, examples
 * @returns {string[]} one line for each fault
 */
export function unusedExports(files) {
  /** @type {Map<string, Set<string>>} */
  const users = new Map();
  for (const [path, text] of files) {
    for (const [name] of text.matchAll(/[A-Za-z_$][\w$]*/g)) {
      const known = users.get(name);
      if (known) known.add(path);
      else users.set(name, new Set([path]));
    }
  }
  const faults = [];
  for (const [path, text] of files) {
    if (!isSource(path)) continue;
    for (const [, name = ''] of text.matchAll(declaration)) {
      if ((users.get(name)?.size ?? 0) > 1) continue;
      faults.push(
        `${path}: ${name} is exported, and no other file names it; remove the export, or what it exports`,
      );
    }
  }
  return faults;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  const paths = listed.split('\0').filter((path) => /\.(?:[cm]?[jt]s|md)$/.test(path));
  const files = new Map();
  for (const path of paths) {
    try {
      files.set(path, readFileSync(path, 'utf8'));
    } catch {
      // Removed, and not yet in the index.
    }
  }
  const faults = unusedExports(files);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error(`exports: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`);
    process.exitCode = 1;
  }
}

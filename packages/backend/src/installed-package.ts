/** Where a package is installed that this one depends on, for programs that are written to use the same. Node only. */

export interface InstalledPackage {
  readonly folder: string;
  readonly version: string;
}

/** @returns undefined where it is not installed */
export async function installedPackage(name: string): Promise<InstalledPackage | undefined> {
  const [{ existsSync, readFileSync }, { createRequire }, { dirname, join }] = await Promise.all([
    import('node:fs'),
    import('node:module'),
    import('node:path'),
  ]);
  let folder: string;
  try {
    folder = dirname(createRequire(import.meta.url).resolve(name));
  } catch {
    return undefined;
  }
  for (; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    if (manifest.name === name) return { folder, version: manifest.version ?? '' };
  }
  return undefined;
}

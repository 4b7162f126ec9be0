/** How this copy was installed, for the commands that a message names: in a checkout pnpm has them, elsewhere npm. */

/** A checkout runs from its sources; what is published was built. */
const inCheckout = import.meta.url.endsWith('.ts');

/** How this copy came here, for the one who is asked to repeat what it does. @param url of a module of it */
export function installationOf(url: string): 'a checkout' | 'npx' | 'an npm package' {
  if (url.endsWith('.ts')) return 'a checkout';
  // npx installs what is not there yet into a folder of its own.
  return url.includes('/_npx/') ? 'npx' : 'an npm package';
}

export const installation = installationOf(import.meta.url);

/** What stands before the name of a command of ours: `pnpm eval`, or `npx nanscope eval`. */
export const commandPrefix: string = inCheckout ? 'pnpm' : 'npx nanscope';

/** The same before `nanscope`: `pnpm nanscope claims`, or `npx nanscope claims`. */
export const programPrefix: string = inCheckout ? 'pnpm' : 'npx';

/** Installs again what nanscope depends on. */
export const reinstall: string = inCheckout ? 'pnpm install --force' : 'npm install --force';

/**
 * Installs an optional package of ours whose own install script may have failed.
 * @param name without a version
 */
export const installAgain = (name: string): string =>
  inCheckout ? reinstall : `npm install --include=optional && npm rebuild ${name}`;

/** Adds packages to the user's project. @param names with or without versions */
export const install = (...names: readonly string[]): string =>
  `${inCheckout ? 'pnpm add' : 'npm install'} ${names.join(' ')}`;

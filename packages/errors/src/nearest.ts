/** Finds the name a user probably meant, for "unknown flag, did you mean" messages. */

/** Levenshtein distance between `a` and `b`. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/**
 * The candidate nearest to `name`, or undefined when none is near enough to be worth offering
 * (more than half of the longer name would have to change). A name that `name` begins comes before others.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const begun = name.length < 3 ? undefined : candidates.find((one) => one.startsWith(name.toLowerCase()));
  if (begun !== undefined) return begun;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance && d <= Math.max(name.length, candidate.length) / 2) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

// How this copy was installed, for the commands that a message names: in a checkout pnpm has them, elsewhere npm.

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

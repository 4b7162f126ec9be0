/** A word of a command line that is to be typed again. */

/** As a POSIX shell reads it: what is safe stays as it is, everything else is quoted. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The text that comes with the package, so that a first run needs no data: one sentence a line, English. */

/** Where `text/field-guide.txt` is, on a disk or on a page's host; `src` and `dist` are both one folder below the package. */
export const builtinTextUrl: URL = new URL('../text/field-guide.txt', import.meta.url);

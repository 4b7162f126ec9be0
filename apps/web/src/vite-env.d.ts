/// <reference types="vite/client" />

/** The version that all packages of the workspace share. */
declare const NANSCOPE_VERSION: string;

/** Where the source and its documentation can be read, as whoever builds the page says it; empty where nobody did. */
declare const NANSCOPE_SOURCE: string;

/** The script of an HTML report as a function of the document it serves. */
declare module 'virtual:report-script' {
  const serve: (document: Document, addEventListener: typeof globalThis.addEventListener) => void;
  export default serve;
}

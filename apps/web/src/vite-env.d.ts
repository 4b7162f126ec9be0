/// <reference types="vite/client" />

/** The version that all packages of the workspace share. */
declare const NANSCOPE_VERSION: string;

/** The script of an HTML report as a function of the document it serves. */
declare module 'virtual:report-script' {
  const serve: (document: Document, addEventListener: typeof globalThis.addEventListener) => void;
  export default serve;
}

/**
 * What the built page may do, as its Content-Security-Policy says: load what lies beside it, compile WebAssembly, start
 * workers, and nothing else. A worker is started from a blob, so that it is bound by the same policy on any host: one
 * that is loaded from a file would be bound by that file's headers alone.
 */
export const securityPolicy: string = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

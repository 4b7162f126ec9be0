/**
 * The headers that isolate the page from other origins, which a browser asks for before its threads may share memory. `vite preview` and
 * `vite dev` send them; of a host that sends none the service worker adds them (service-worker.ts).
 *
 * `require-corp` and not `credentialless`, since every browser knows it and the page loads nothing from elsewhere.
 */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const;

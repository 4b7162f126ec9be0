/**
 * The program that keeps the page for when there is no network: a service worker, made when the page is built, since it
 * names every file of it. It answers with what it kept, and asks the network for the page itself first, so that a newer
 * one is seen. To the page it adds the headers that isolate it, which a static host may not send: what is loaded once the program
 * runs computes on all cores. Kept as text; the test in a browser is what checks it.
 */
import { isolation } from './isolation.ts';

/**
 * @param files paths beside the page
 * @param bytes of all together
 * @param version another one for another content: what an older page kept is thrown away
 */
export const serviceWorker = (
  files: readonly string[],
  bytes: number,
  version: string,
): string => `'use strict';
const files = ${JSON.stringify(files)};
const bytes = ${bytes};
const isolation = ${JSON.stringify(isolation)};
const prefix = 'nanscope ' + registration.scope + ' ';
const name = prefix + '${version}';

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(begin()));

async function begin() {
  for (const other of await caches.keys())
    if (other.startsWith(prefix) && other !== name) await caches.delete(other);
  await clients.claim();
}

// The page says when it is idle.
addEventListener('message', (event) => event.waitUntil(keep(event.source)));

async function keep(page) {
  try {
    const cache = await caches.open(name);
    for (const file of files) if (!(await cache.match(file))) await cache.add(file);
    page.postMessage({ bytes });
  } catch {
    page.postMessage({});
  }
}

addEventListener('fetch', (event) => {
  const { method, url, mode } = event.request;
  if (method === 'GET' && url.startsWith(registration.scope)) event.respondWith(answer(event.request, mode));
});

async function answer(request, mode) {
  const cache = await caches.open(name);
  if (mode !== 'navigate') return (await cache.match(request)) ?? fetch(request);
  try {
    const found = await fetch(request);
    return isPage(request.url) ? isolated(found) : found;
  } catch (error) {
    const kept = await cache.match('./');
    if (kept) return isolated(kept);
    throw error;
  }
}

// Another page in the same folder of the host may embed what this one does not.
function isPage(url) {
  return [registration.scope, registration.scope + 'index.html'].includes(url.split(/[?#]/)[0]);
}

function isolated(response) {
  if (response.type === 'opaqueredirect') return response;
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const [header, value] of Object.entries(isolation)) headers.set(header, value);
  return new Response(response.body, { status, statusText, headers });
}
`;

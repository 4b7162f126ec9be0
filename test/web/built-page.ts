/** The built page in a real Chromium: built once, served as any static host would, every request and complaint listened to. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Browser,
  type BrowserContextOptions,
  type BrowserType,
  chromium,
  type Page,
} from 'playwright-core';
import { build } from 'vite';
import { isolation } from '../../apps/web/isolation.ts';
import { zerosByDawn } from '../../packages/backend/src/webgpu/gpu.ts';

export const chromiumPath = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path));

/** A WebGPU adapter where there is no GPU. */
export const softwareAdapter = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  `--${zerosByDawn}`,
];

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

function serve(folder: string, headers: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, 'http://page').pathname)).replace(
      /\/$/,
      '/index.html',
    );
    const file = join(folder, path);
    if (!existsSync(file)) return response.writeHead(404).end();
    const type = types[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, ...headers }).end(readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

export interface BuiltPage {
  /** Where it was built. */
  readonly folder: string;
  readonly origin: string;
  close(): void;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const app = join(root, 'apps/web');

/** Links are not followed: those of the workspace lead from each package into every other. */
function* filesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    if (entry.isDirectory()) yield* filesIn(join(folder, entry.name));
    else if (entry.isFile()) yield join(folder, entry.name);
  }
}

/** Changes with any source that can be in the page. */
function fingerprint(): string {
  const hash = createHash('sha256');
  for (const folder of ['packages', 'apps/web']) {
    for (const path of [...filesIn(join(root, folder))].sort()) {
      const { mtimeMs, size } = statSync(path);
      hash.update(`${path} ${mtimeMs} ${size}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Test files that run at the same time share a build: one makes it, the others wait for it, or for its end without one. */
async function buildOnce(): Promise<string> {
  const cache = join(app, 'node_modules/.cache');
  const folder = join(cache, `page-${fingerprint()}`);
  const building = `${folder}.building`;
  mkdirSync(cache, { recursive: true });
  while (!existsSync(folder)) {
    if (!begin(building)) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    try {
      for (const old of readdirSync(cache))
        if (/^page-\w{16}$/.test(old)) rmSync(join(cache, old), { recursive: true });
      const outDir = join(building, 'page');
      const configFile = join(app, 'vite.config.ts');
      await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
      renameSync(outDir, folder);
    } finally {
      rmSync(building, { recursive: true });
    }
  }
  return folder;
}

/** Whoever makes the folder has the turn; one that was left lying by a process that was killed is nobody's. */
function begin(building: string): boolean {
  const left = statSync(building, { throwIfNoEntry: false });
  if (left && Date.now() - left.mtimeMs > 120_000) rmSync(building, { recursive: true, force: true });
  try {
    mkdirSync(building);
    return true;
  } catch {
    return false;
  }
}

/** @param isolated as of a host that sends the headers for it; else none, as a static host does */
export async function buildPage({ isolated = false } = {}): Promise<BuiltPage> {
  const folder = await buildOnce();
  const server = await serve(folder, isolated ? isolation : {});
  const { port } = server.address() as AddressInfo;
  return { folder, origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}

export const launch = (
  executablePath: string,
  args: readonly string[] = [],
  type: BrowserType = chromium,
): Promise<Browser> => type.launch({ executablePath, args: [...args] });

export interface OpenedPage {
  readonly page: Page;
  /** What it complained of, and what it asked of another origin. */
  readonly faults: string[];
  /** Paths that it asked for, in order. */
  readonly requests: string[];
}

/** Runs in the page: the worker that was started last can then be ended from outside. */
function rememberWorkers(): void {
  const scope = globalThis as unknown as { newest: Worker; newestSource: string };
  globalThis.Worker = class extends Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      scope.newest = this;
      scope.newestSource = String(given[0]);
    }
  };
}

/** Runs in the page: it is never idle, until `rest()` is called in its global scope. */
function stayBusy(): void {
  const waiting: (() => void)[] = [];
  globalThis.requestIdleCallback = (work) =>
    waiting.push(() => work({ didTimeout: true, timeRemaining: () => 0 }));
  Object.assign(globalThis, {
    rest() {
      globalThis.requestIdleCallback = (work) => setTimeout(work);
      for (const work of waiting) work();
    },
  });
}

/** What Chromium says by itself to a page that asks for a GPU where there is none. */
const ofTheBrowser = /^No available adapters\.$/;

/**
 * One at a time: what the browser showed before is closed, for a page that nobody looks at any more goes on computing.
 *
 * @param keepWorkers leaves the newest worker as `newest` in the page's global scope, and what it was started from as `newestSource`
 * @param busy keeps the page from being idle, and so from what it loads then, until `rest()` is called there
 */
export async function openPage(
  browser: Browser,
  { origin }: BuiltPage,
  query: string,
  { keepWorkers, busy, ...options }: BrowserContextOptions & { keepWorkers?: boolean; busy?: boolean } = {},
): Promise<OpenedPage> {
  await Promise.all(browser.contexts().map((before) => before.close()));
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  if (keepWorkers) await page.addInitScript(rememberWorkers);
  if (busy) await page.addInitScript(stayBusy);
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (!ofTheBrowser.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  context.on('request', (request) => {
    const url = new URL(request.url());
    const ofPage = request.serviceWorker() === null; // Not what is kept for offline, which nobody waits for.
    if (url.origin === origin && ofPage) requests.push(url.pathname);
    else if (url.origin === origin) return;
    else if (url.protocol !== 'data:' && !request.url().startsWith(`blob:${origin}/`))
      faults.push(`request: ${request.url()}`);
  });
  await page.goto(`${origin}/${query}`);
  return { page, faults, requests };
}

/**
 * The threads of the wasm backend that pages of the browser start from now on, by the name they have there. Workers of workers, which Playwright
 * does not show.
 */
export async function threadsOf(browser: Browser): Promise<ReadonlySet<string>> {
  const session = await browser.newBrowserCDPSession();
  const threads = new Set<string>();
  const look = ({ targetInfo }: { targetInfo: { targetId: string; title: string } }) => {
    if (targetInfo.title === 'nanscope thread') threads.add(targetInfo.targetId);
  };
  session.on('Target.targetCreated', look);
  session.on('Target.targetInfoChanged', look);
  await session.send('Target.setDiscoverTargets', { discover: true, filter: [{}] });
  return threads;
}

/** Sets a setting as a visitor does, who first unfolds what it lies in. */
export async function setting(page: Page, name: string, value: string): Promise<void> {
  const field = page.locator(`#fields [name="${name}"]`).first();
  await field.evaluate((input) => {
    for (let fold = input.closest('details'); fold; fold = fold.parentElement?.closest('details') ?? null)
      fold.open = true;
  });
  if (await field.evaluate((input) => input instanceof HTMLSelectElement)) await field.selectOption(value);
  else await field.fill(value);
}

/** Presses Run and waits for the verdict, or for the sentence that says what is wrong. @returns its text */
export async function run(page: Page): Promise<string> {
  await page.click('#run');
  return ended(page);
}

export async function ended(page: Page): Promise<string> {
  const over = page.locator('#verdict, .fault:not([hidden])').first();
  await over.waitFor({ timeout: 180_000 });
  return (await over.textContent()) ?? '';
}

import { afterEach, describe, expect, it, vi } from 'vitest';
import { pageHost, setThreadedBuild } from './page-host.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A worker of an isolated page, but for what is given. */
function stub(given: Record<string, unknown> = {}): void {
  const globals = {
    navigator: { hardwareConcurrency: 8 },
    crossOriginIsolated: true,
    Worker: class {},
    document: undefined,
    ...given,
  };
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
}

it('a page that does not say where the build for threads lies has one thread', () => {
  stub();
  expect(pageHost.threads().why).toBe('the page does not say where the build for threads lies');
});

it.each([
  ['the page is not cross-origin isolated', { crossOriginIsolated: false }],
  ['the page is not cross-origin isolated', { crossOriginIsolated: undefined }],
  ['outside of a worker nobody may wait for a thread', { document: {} }],
  ['this browser has no workers of workers', { Worker: undefined }],
])('one thread: %s', (why, given) => {
  setThreadedBuild('http://page/threaded.wasm');
  stub(given);
  expect(pageHost.threads()).toEqual({ count: 1, why });
});

it('else all cores; and nothing to explain where there is but one', () => {
  setThreadedBuild('http://page/threaded.wasm');
  stub();
  expect(pageHost.threads()).toEqual({ count: 8 });
  stub({ navigator: { hardwareConcurrency: 1 }, crossOriginIsolated: false });
  expect(pageHost.threads()).toEqual({ count: 1 });
  stub({ navigator: {} });
  expect(pageHost.threads()).toEqual({ count: 1 });
});

describe('a thread that does not come about is said', () => {
  it('one that never begins, after two seconds', async () => {
    vi.useFakeTimers();
    stub({
      Worker: class extends EventTarget {
        postMessage() {}
      },
    });
    pageHost.start('', {});
    const started = pageHost.started!();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await started).toBe('no thread began within 2 s');
  });

  it('one that the browser refuses', async () => {
    vi.useFakeTimers();
    stub({
      Worker: class {
        constructor() {
          throw new Error('by its policy');
        }
      },
    });
    pageHost.start('', {});
    const started = pageHost.started!();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await started).toBe('the browser refused a thread (by its policy)');
  });

  it('and of one that begins there is nothing to say', async () => {
    vi.useFakeTimers();
    stub({
      Worker: class extends EventTarget {
        postMessage() {
          this.dispatchEvent(new Event('message'));
        }
      },
    });
    pageHost.start('', {});
    const started = pageHost.started!();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await started).toBeUndefined();
  });
});

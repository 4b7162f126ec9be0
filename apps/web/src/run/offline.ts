/** Keeps what the page needs for when there is no network, once it is idle; and says so. */

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

interface Connection {
  readonly saveData?: boolean;
}

/** What the service worker says once it has tried. */
interface Kept {
  /** Bytes of all files together; undefined where they could not be kept. */
  readonly bytes?: number;
}

function whenKept(container: ServiceWorkerContainer): Promise<Kept> {
  return new Promise((resolve) => {
    container.addEventListener('message', ({ data }: MessageEvent<Kept>) => resolve(data), {
      once: true,
    });
    container.startMessages();
  });
}

/** What loading the page once more brings: the headers that isolate it, from the service worker, where its host sends none. */
function threadsOnceMore({ controller }: ServiceWorkerContainer): string {
  const cores = navigator.hardwareConcurrency;
  if (crossOriginIsolated || controller !== null || self !== top || !(cores > 1)) return '';
  return ` Loaded again, it computes wasm on ${cores} cores instead of one.`;
}

const later = 'What a run needs is fetched from beside the page when it is first used.';

/** @returns a sentence for the visitor */
export async function keepForOffline(): Promise<string> {
  const saving = (navigator as { readonly connection?: Connection }).connection?.saveData === true;
  const container = 'serviceWorker' in navigator ? navigator.serviceWorker : undefined;
  if (!container || saving) return later;
  const threads = threadsOnceMore(container);
  try {
    await container.register('./offline.js');
    const { active } = await container.ready;
    const kept = whenKept(container);
    active?.postMessage('keep');
    const { bytes } = await kept;
    const place =
      bytes === undefined
        ? later
        : `All of it (${megabytes(bytes)}) is kept in this browser, and works without a network.`;
    return place + threads;
  } catch {
    return later; // A browser that keeps nothing, as in a private window; and a page that is not built.
  }
}

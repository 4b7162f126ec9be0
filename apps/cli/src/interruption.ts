/** Ctrl-C and SIGTERM as an AbortSignal: the first stops the lanes and keeps what they have, a second leaves at once. */

/** Wrappers pass on a signal that the whole process group was sent anyway: an echo is no second wish. */
const ECHO_MILLISECONDS = 500;

export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node; not after one came, whose echo would kill what is about to leave by itself. */
  end(): void;
}

export function interruption(): Interruption {
  const controller = new AbortController();
  let first = 0;
  const handler = () => {
    if (!controller.signal.aborted) first = performance.now();
    else if (performance.now() - first > ECHO_MILLISECONDS) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    signal: controller.signal,
    end() {
      if (controller.signal.aborted) return;
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}

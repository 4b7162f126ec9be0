/** Ctrl-C and SIGTERM as an AbortSignal: the first stops the lanes and keeps what they have, a second leaves at once. */

export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  end(): void;
}

export function interruption(): Interruption {
  const controller = new AbortController();
  const handler = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    signal: controller.signal,
    end() {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}

/**
 * Writes progress: on a terminal one block, a line a lane, rewritten in place; elsewhere (files, CI) a line a lane
 * every few seconds, without a carriage return. It owns no stream and no clock, both are passed in.
 */

import { sanitize } from '@nanscope/record';
import type { TerminalStyle } from '../terminal/style.ts';
import { type ProgressState, progressLine, progressLogLine } from './line.ts';

export interface ProgressOptions {
  /** Usually `(text) => process.stderr.write(text)`; never stdout, which is for the result. */
  readonly write: (text: string) => void;
  readonly style: TerminalStyle;
  /** Milliseconds on any monotonic clock; default `performance.now()`. */
  readonly now?: () => number;
  /** Least time between two lines of a lane when not live, default 10 seconds. */
  readonly logEverySeconds?: number;
}

export interface Progress {
  /** Takes a lane's state; draws when it is time to. */
  update(state: ProgressState): void;
  /** Writes a line above the block, a warning for instance; control characters in it are printed as escapes. */
  say(text: string): void;
  /** Removes the block, so that what follows starts on a fresh line; logs the last state elsewhere. Idempotent. */
  close(): void;
}

const REDRAW_EVERY_MS = 80;

export function createProgress(options: ProgressOptions): Progress {
  return options.style.live ? liveProgress(options) : loggedProgress(options);
}

function liveProgress({ write, style, now = () => performance.now() }: ProgressOptions): Progress {
  const states = new Map<string, ProgressState>();
  let drawn = 0;
  let lastDraw = Number.NEGATIVE_INFINITY;
  let closed = false;
  // One column is left free: some terminals wrap when the last one is written.
  const lineOptions = { ...style, width: style.width - 1 };
  /** To the start of the block, and everything below it cleared. */
  const erase = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\r\u001b[J`);
  const block = (): string =>
    [...states.values()].map((state) => `${progressLine(state, lineOptions)}\n`).join('');
  const draw = (): void => {
    write(erase() + block());
    drawn = states.size;
    lastDraw = now();
  };
  return {
    update(state) {
      if (closed) return;
      const before = states.get(state.lane);
      states.set(state.lane, state);
      const over = state.total !== undefined && state.done >= state.total;
      const turned = before === undefined || before.phase !== state.phase || over;
      if (turned || now() - lastDraw >= REDRAW_EVERY_MS) draw();
    },
    say(text) {
      write(`${erase()}${sanitize(text, style.unicode)}\n${closed ? '' : block()}`);
      drawn = closed ? 0 : states.size;
    },
    close() {
      if (closed) return;
      closed = true;
      write(erase());
      drawn = 0;
    },
  };
}

function loggedProgress({
  write,
  style,
  now = () => performance.now(),
  logEverySeconds = 10,
}: ProgressOptions): Progress {
  const lanes = new Map<string, { state: ProgressState; at: number; logged: boolean }>();
  let closed = false;
  const log = (state: ProgressState): void => write(`${progressLogLine(state, style)}\n`);
  return {
    update(state) {
      if (closed) return;
      const before = lanes.get(state.lane);
      const over =
        state.total !== undefined && state.done >= state.total && before?.state.done !== state.done;
      const turned = state.phase !== undefined && state.phase !== before?.state.phase;
      const due = before === undefined || over || turned || now() - before.at >= logEverySeconds * 1000;
      if (due) log(state);
      lanes.set(state.lane, { state, at: due ? now() : before.at, logged: due });
    },
    say(text) {
      write(`${sanitize(text, style.unicode)}\n`);
    },
    close() {
      if (closed) return;
      closed = true;
      for (const { state, logged } of lanes.values()) if (!logged) log(state);
    },
  };
}

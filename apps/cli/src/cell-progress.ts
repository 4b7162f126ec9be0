/** Progress of an experiment on standard error: stages, and a line a device with an estimate of what is left. */
import { createProgress, type Progress, terminalStyle } from '@nanscope/report';

export class CellProgress {
  readonly #progress: Progress;
  readonly #unit: string;
  readonly #first = new Map<string, { readonly at: number; readonly done: number }>();

  /** @param unit what is counted */
  constructor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, unit: 'cells' | 'trials' = 'cells') {
    this.#unit = unit;
    const style = terminalStyle(env, stream.isTTY === true, stream.columns);
    this.#progress = createProgress({ write: (text) => void stream.write(text), style });
  }

  stage(what: string): void {
    this.#progress.say(what);
  }

  cells(device: string, done: number, total: number): void {
    const now = performance.now();
    const first = this.#first.get(device) ?? { at: now, done };
    this.#first.set(device, first);
    const pace = (now - first.at) / 1000 / (done - first.done);
    const etaSeconds = Number.isFinite(pace) ? pace * (total - done) : undefined;
    this.#progress.update({ lane: device, done, total, unit: this.#unit, etaSeconds });
  }

  end(): void {
    this.#progress.close();
  }
}

/** Progress of a reduction on standard error: stages, and after each step how many cases were tried and what is left. */
import { createProgress, type Progress, terminalStyle } from '@nanscope/report';

export class ReduceProgress {
  readonly #progress: Progress;

  constructor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv) {
    const style = terminalStyle(env, stream.isTTY === true, stream.columns);
    this.#progress = createProgress({ write: (text) => void stream.write(text), style });
  }

  stage(what: string): void {
    this.#progress.say(what);
  }

  step(tried: number, facts: readonly string[]): void {
    this.#progress.update({ lane: 'search', done: tried, unit: 'cases', facts });
  }

  end(): void {
    this.#progress.close();
  }
}

/** Progress of an evaluation on standard error: stages, the device decision, a line a lane with an estimate of what is left. */
import type { Decided, RunHooks } from '@nanscope/harness';
import type { LaneTask } from '@nanscope/lane';
import { backendName } from '@nanscope/record';
import { createProgress, type Progress, terminalStyle } from '@nanscope/report';

type LaneEvent = Parameters<RunHooks['onLane']>[1];

/** Seconds left at the pace since the first finished batch; the first one compiles kernels and would mislead. */
export function secondsLeft(done: number, total: number, secondsSinceFirst: number): number | undefined {
  if (done < 2) return undefined;
  return (secondsSinceFirst / (done - 1)) * (total - done);
}

export class EvalProgress {
  readonly #progress: Progress;
  readonly #unit: string;
  /** When a lane's first batch (or step) was done, and which one it was. */
  readonly #first = new Map<LaneTask['role'], { readonly at: number; readonly done: number }>();

  /** What a lane was told of last. */
  readonly #last = new Map<LaneTask['role'], Parameters<Progress['update']>[0]>();

  /** @param unit what a lane counts */
  constructor(
    stream: NodeJS.WriteStream,
    env: NodeJS.ProcessEnv,
    unit: 'batches' | 'steps' | 'cases' = 'batches',
  ) {
    this.#unit = unit;
    const style = terminalStyle(env, stream.isTTY === true, stream.columns);
    this.#progress = createProgress({ write: (text) => void stream.write(text), style });
  }

  stage(what: string): void {
    this.#progress.say(what);
  }

  decision({ target, reference }: Decided): void {
    for (const [role, decision] of [
      ['target', target],
      ['reference', reference],
    ] as const) {
      if (!decision) continue;
      this.#progress.say(`${role.padEnd(9)} ${backendName(decision.label)}, ${decision.attention} attention`);
      for (const warning of decision.warnings) this.#progress.say(`${role.padEnd(9)} warning: ${warning}`);
    }
  }

  lane(role: LaneTask['role'], event: LaneEvent): void {
    if (event.kind === 'loading') this.#progress.update({ lane: role, done: 0, phase: event.what });
    // A lane that stopped early has nothing left to do.
    const last = this.#last.get(role);
    if (event.kind === 'ended' && last) this.#progress.update({ ...last, etaSeconds: undefined });
    if (event.kind === 'ended' && event.outcome.status !== 'complete') {
      this.#progress.say(`${role.padEnd(9)} ${event.outcome.status}: ${event.outcome.failure ?? ''}`);
    }
    if (event.kind === 'note') this.#progress.say(`${role.padEnd(9)} ${event.text}`);
    if (event.kind !== 'progress') return;
    const now = performance.now();
    if (!this.#first.has(role)) this.#first.set(role, { at: now, done: event.batches - 1 });
    const first = this.#first.get(role)!;
    const since = (now - first.at) / 1000;
    const state = {
      lane: role,
      done: event.batches,
      total: event.total,
      tokensPerSecond: event.tokensPerSecond,
      etaSeconds: secondsLeft(event.batches - first.done, event.total - first.done, since),
      unit: this.#unit,
      facts: event.facts,
    };
    this.#last.set(role, state);
    this.#progress.update(state);
  }

  end(): void {
    this.#progress.close();
  }
}

/** Progress of an experiment on standard error: stages, and a line a device with an estimate of what is left. */
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

/** Progress of a reduction on standard error: stages, and after each step how many cases were tried and what is left. */
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

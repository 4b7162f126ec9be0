/** The parent's side of a process that tries cases: one question after the other; a crash costs the question that caused it, and the next one gets a new process. */

import type { Decision } from '@nanscope/device';
import {
  type Case,
  type LaneOutcome,
  type ReduceMessage,
  type ReduceTask,
  type Tried,
  throwUserError,
  watchLane,
} from '@nanscope/lane';
import { backendName, type EnvironmentRecord } from '@nanscope/record';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';
import type { Fault } from './fault.ts';

/** Seconds that the process has to end by itself. */
const GRACE_SECONDS = 2;

interface Running {
  readonly tell: (message: object) => void;
  readonly ended: Promise<LaneOutcome>;
  readonly stop: AbortController;
}

interface CaseLaneOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onStage: (what: string) => void;
}

export class CaseLane {
  readonly #task: ReduceTask;
  readonly #options: CaseLaneOptions;
  #running: Running | undefined;
  #asked = 0;
  #answer: ((message: ReduceMessage & { kind: 'tried' }) => void) | undefined;
  #machine: EnvironmentRecord | undefined;

  constructor(task: ReduceTask, options: CaseLaneOptions) {
    this.#task = task;
    this.#options = options;
  }

  /** The machine and the versions; known once a case was answered. */
  get machine(): EnvironmentRecord | undefined {
    return this.#machine;
  }

  #start(): Running {
    const { environment, signal, onStage } = this.#options;
    const stop = new AbortController();
    signal?.addEventListener('abort', () => stop.abort(), { once: true });
    let tell: Running['tell'] = () => {};
    const ended = watchLane<ReduceMessage>({
      run: 'reduce-case',
      task: this.#task,
      environment,
      backend: this.#task.decision.backend,
      silenceSeconds: this.#task.config.laneTimeout,
      graceSeconds: GRACE_SECONDS,
      signal: stop.signal,
      onStarted: (given) => {
        tell = given;
      },
      onMessage: (message) => {
        if (message.kind === 'opened') this.#machine = message.environment;
        else if (message.kind === 'tried') this.#answer?.(message);
        else if (message.kind === 'loading') onStage(message.what);
      },
    });
    return { tell: (message) => tell(message), ended, stop };
  }

  /**
   * @param call the key of a call to capture whole
   * @returns undefined where nothing could be computed, for whatever reason
   * @throws UserError where the device cannot be opened, or the model not be read
   */
  async ask(candidate: Case, call?: string): Promise<Tried | undefined> {
    if (this.#options.signal?.aborted) return undefined;
    this.#running ??= this.#start();
    const { tell, ended } = this.#running;
    const id = ++this.#asked;
    const answered = new Promise<Tried | undefined>((resolve) => {
      this.#answer = (message) => {
        if (message.id === id) resolve(message.tried);
      };
    });
    tell({ kind: 'case', id, candidate, ...(call !== undefined && { call }) });
    const outcome = await Promise.race([answered.then((tried) => ({ tried })), ended]);
    if ('tried' in outcome) return outcome.tried;
    this.#running = undefined;
    throwUserError(outcome as LaneOutcome);
    return undefined;
  }

  async close(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.ended;
    this.#running = undefined;
  }
}

// The devices of a run, asked for by name: nothing falls back.

/** The name under which a decided backend is asked for again. */
export const deviceNameOf = ({ backend }: Pick<Decision, 'backend'>): string => backendName(backend);

export function decideAgain(
  { lane, reference, config }: Pick<Fault, 'lane' | 'reference' | 'config'>,
  say: (what: string) => void,
): Promise<Decided> {
  return decide(
    {
      ...config,
      device: deviceNameOf(lane.decision),
      reference: reference ? deviceNameOf(reference.decision) : 'none',
      mpsRule: 'off',
      attn: lane.decision.attention === 'eager' ? 'eager' : 'sdpa',
    },
    say,
  );
}

/** A lane that is open for questions, as promises, wherever it runs. However it ends, every open question is answered or refused. */
import type {
  LaneMessage,
  LaneOutcome,
  Question,
  QuestionName,
  Questions,
  ShadowMessage,
  ShadowTask,
} from '@nanscope/lane';

/** The lane ended in the middle of a question, or before it. */
export class LaneEnded extends Error {
  readonly outcome: LaneOutcome;

  constructor(role: ShadowTask['role'], outcome: LaneOutcome) {
    super(`the ${role} lane ended${outcome.failure ? `: ${outcome.failure}` : ''}`);
    this.outcome = outcome;
  }
}

export interface ShadowLane {
  readonly role: ShadowTask['role'];
  /** @throws LaneEnded, and Error with the lane's reason for refusing */
  ask<Name extends QuestionName>(name: Name, ask: Questions[Name]['ask']): Promise<Questions[Name]['answer']>;
  /** Resolves when its process has ended. */
  end(): Promise<void>;
}

interface Open {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts a lane and resolves when it has ended. */
type StartShadow = (hooks: {
  /** Gets a voice to it, as soon as it has one. */
  readonly onStarted: (send: (message: object) => void) => void;
  readonly onMessage: (message: LaneMessage | ShadowMessage) => void;
}) => Promise<LaneOutcome>;

export function openShadowLane({ role }: Pick<ShadowTask, 'role'>, start: StartShadow): ShadowLane {
  const open = new Map<number, Open>();
  let send: (message: object) => void = () => {};
  let ready = () => {};
  const opened = new Promise<void>((resolve) => {
    ready = resolve;
  });
  let ended: LaneOutcome | undefined;
  let last = 0;
  const outcome = start({
    onStarted: (voice) => {
      send = voice;
    },
    onMessage(message) {
      if (message.kind === 'ready') ready();
      if (message.kind !== 'answer' && message.kind !== 'refused') return;
      const waiting = open.get(message.id);
      open.delete(message.id);
      if (message.kind === 'answer') waiting?.resolve(message.answer as never);
      else waiting?.reject(new Error(message.reason));
    },
  }).then((how) => {
    ended = how;
    ready();
    for (const { reject } of open.values()) reject(new LaneEnded(role, how));
    open.clear();
  });
  return {
    role,
    async ask(name, ask) {
      await opened;
      if (ended) throw new LaneEnded(role, ended);
      const id = ++last;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject });
        send({ kind: 'question', id, name, ask } as Question);
      });
    },
    async end() {
      await opened;
      send({ kind: 'stop' });
      await outcome;
    },
  };
}

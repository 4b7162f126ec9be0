/** Entry point of a worker: takes one task, does it, says how it ended. What a task does is loaded when it is asked for. */
import { errorLine, UserError } from '@nanscope/errors';
import { userErrorMessage } from '@nanscope/lane';
import type { Order, Say, TaskName, Tasks } from './tasks.ts';

type Doing<Name extends TaskName> = (given: Tasks[Name]['given'], say: Say) => Promise<Tasks[Name]['answer']>;

const doing: { readonly [Name in TaskName]: () => Promise<Doing<Name>> } = {
  probe: async () => (await import('./measure.ts')).probe,
  attention: async () => (await import('./measure.ts')).measureAttention,
  numbers: async () => (await import('./measure.ts')).measureNumbers,
  check: async () => (await import('./evaluate.ts')).check,
  lane: async () => (await import('./evaluate.ts')).runLane,
  compare: async () => (await import('./evaluate.ts')).compare,
  shadow: async () => (await import('./evaluate.ts')).runShadow,
  pattern: async () => (await import('./evaluate.ts')).pattern,
  cells: async () => (await import('./cells.ts')).runCells,
  conform: async () => (await import('./cells.ts')).runConform,
  pack: async () => (await import('./pack.ts')).pack,
  open: async () => (await import('./open.ts')).open,
};

const say: Say = (message) => postMessage(message);

/** Held until the worker ends in whatever way: the page waits for the same lock and so learns of an end that nobody announces. */
async function hold(life: string): Promise<void> {
  if (!navigator.locks) return say({ kind: 'alive' });
  await new Promise<void>((held) => {
    navigator.locks.request(life, () => {
      held();
      return new Promise(() => {});
    });
  });
  say({ kind: 'alive' });
}

async function carryOut<Name extends TaskName>({ task, given, life }: Order<Name>): Promise<void> {
  await hold(life);
  try {
    const run = await doing[task]();
    say({ kind: 'result', result: await run(given, say) });
    say({ kind: 'done' });
  } catch (thrown) {
    if (thrown instanceof UserError) say(userErrorMessage(thrown));
    else {
      console.error(thrown);
      say({ kind: 'thrown', reason: errorLine(thrown) });
    }
  }
}

addEventListener('message', ({ data }: MessageEvent<Order>) => void carryOut(data), { once: true });

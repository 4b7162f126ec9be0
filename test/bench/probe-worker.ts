/** Times the attention probes of both implementations on an opened backend: arguments backend, rounds; one JSON line. */
import { attentionProbes } from '@nanscope/attention';
import { backends } from '@nanscope/backend';

export interface ProbeTimes {
  /** With the compilation of kernels, in milliseconds. */
  readonly first: number;
  /** Times of single rounds. */
  readonly warm: readonly number[];
}

const [id, rounds] = process.argv.slice(2);
await backends()
  .find((backend) => backend.id === id)!
  .open();

async function timed(): Promise<number> {
  const start = performance.now();
  const outcomes = [...(await attentionProbes('sdpa')), ...(await attentionProbes('eager'))];
  const took = performance.now() - start;
  if (outcomes.some(({ passed }) => !passed)) throw new Error(`Error: a probe fails on ${id}.`);
  return took;
}

const first = await timed();
const warm: number[] = [];
for (let i = 0; i < Number(rounds); i++) warm.push(await timed());
const result: ProbeTimes = { first, warm };
// An open GPU keeps the process alive.
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

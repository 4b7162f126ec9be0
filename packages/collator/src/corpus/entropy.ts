/**
 * What the corpus costs at best, computed from the grammar's odds: no sampling. All figures are nats.
 *
 * The *entropy rate* is that of the endless stream of lines, each with its line end, per byte, line ends counted: what
 * a perfect model that has seen everything before pays per byte. A data set is cut into rows, and a row pays a little
 * more or less than the rate: its first byte is not predicted, a padded row may leave out the line end (which costs
 * nothing after the full stop), and a packed row that begins inside a line lacks the context before it. `bestLoss`
 * counts all that exactly. It is the expectation over the source; one finite data set scatters around it.
 */
import { type ByteChain, buildByteChain } from './byte-chain.ts';

export type RowKind =
  | {
      /** A line a row. */
      readonly rows: 'lines';
      /** Whether the first byte has a label, as it has after left padding. Default false. */
      readonly firstByte?: boolean;
      /** Whether a line end is predicted after the full stop. Default false. */
      readonly lineEnd?: boolean;
    }
  | {
      /** Lines joined by line ends and cut into blocks of `length` bytes; a block predicts all but its first byte. */
      readonly rows: 'pack';
      readonly length: number;
      /** Where blocks begin: cut anywhere (default), or every block anew at the start of a line. */
      readonly from?: 'anywhere' | 'line';
    };

/** Probability by node. */
type Distribution = ReadonlyMap<number, number>;

const surprise = (p: number) => (p > 0 ? -p * Math.log(p) : 0);

function nodeEntropies(chain: ByteChain): number[] {
  return chain.map((edges) => edges.reduce((sum, { probability }) => sum + surprise(probability), 0));
}

/** Where the chain is one byte later. */
function advance(chain: ByteChain, now: Distribution): Map<number, number> {
  const after = new Map<number, number>();
  for (const [node, p] of now) {
    for (const { probability, to } of chain[node]!) after.set(to, (after.get(to) ?? 0) + p * probability);
  }
  return after;
}

/**
 * Probability that byte t of a line (counted from 0, its end included) is written at each node, for each t. Lines
 * have a longest length, so this is a finite table; nothing is iterated to convergence.
 */
function lineProfile(chain: ByteChain): Distribution[] {
  const profile: Distribution[] = [];
  for (let now: Map<number, number> = new Map([[0, 1]]); now.size > 0; ) {
    profile.push(now);
    now = advance(chain, now);
    now.delete(0);
  }
  return profile;
}

const mean = (at: Distribution, value: (node: number) => number) => {
  let sum = 0;
  for (const [node, p] of at) sum += p * value(node);
  return sum;
};

const chain = buildByteChain();
const entropies = nodeEntropies(chain);
const profile = lineProfile(chain);
const reached = profile.map((at) => mean(at, () => 1));
const spent = profile.map((at) => mean(at, (node) => entropies[node]!));
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

export interface CorpusFacts {
  /** Nats per byte of the stream, line ends counted. */
  readonly entropyRate: number;
  readonly natsPerLine: number;
  /** Mean, the line end counted. */
  readonly bytesPerLine: number;
  /** The line end counted. */
  readonly longestLine: number;
}

export const corpusFacts: CorpusFacts = {
  entropyRate: total(spent) / total(reached),
  natsPerLine: total(spent),
  bytesPerLine: total(reached),
  longestLine: profile.length,
};

/** Where the endless stream is at a random moment: a line's nodes, each weighed by how often a line visits it. */
function stationary(): Map<number, number> {
  const visits = new Map<number, number>();
  for (const at of profile) for (const [node, p] of at) visits.set(node, (visits.get(node) ?? 0) + p);
  return new Map([...visits].map(([node, p]) => [node, p / corpusFacts.bytesPerLine]));
}

interface Belief {
  /** Probability of the texts that lead to this belief. */
  readonly weight: number;
  /** What those texts tell about the node. */
  readonly nodes: Distribution;
}

/** Two texts that tell the same give the same key; the rounding only merges what differs in the last digits. */
const keyOf = (nodes: Distribution) =>
  [...nodes]
    .sort(([a], [b]) => a - b)
    .map(([node, p]) => `${node}:${p.toPrecision(9)}`)
    .join();

/** One byte more: every belief branches by the byte that is seen. @returns The new beliefs and the byte's entropy. */
function observe(beliefs: Iterable<Belief>): { after: Iterable<Belief>; entropy: number } {
  const after = new Map<string, Belief>();
  let entropy = 0;
  for (const { weight, nodes } of beliefs) {
    const byByte = new Map<number, Map<number, number>>();
    for (const [node, p] of nodes) {
      for (const { byte, probability, to } of chain[node]!) {
        const seen = byByte.get(byte) ?? byByte.set(byte, new Map()).get(byte)!;
        seen.set(to, (seen.get(to) ?? 0) + p * probability);
      }
    }
    for (const seen of byByte.values()) {
      const p = total([...seen.values()]);
      entropy += weight * surprise(p);
      const posterior = new Map([...seen].map(([node, share]) => [node, share / p]));
      const key = keyOf(posterior);
      after.set(key, { weight: weight * p + (after.get(key)?.weight ?? 0), nodes: posterior });
    }
  }
  return { after: after.values(), entropy };
}

/** Entropy of each byte of a block given the bytes before it in the block. */
function blockEntropies(length: number, from: 'anywhere' | 'line'): number[] {
  const start: Distribution = from === 'line' ? new Map([[0, 1]]) : stationary();
  let beliefs: Iterable<Belief> = [{ weight: 1, nodes: start }];
  return Array.from({ length }, () => {
    const { after, entropy } = observe(beliefs);
    beliefs = after;
    return entropy;
  });
}

/**
 * The lowest mean loss per predicted byte that any model can expect on rows of this kind.
 *
 * Rows of single lines are taken to be whole: give the model at least `corpusFacts.longestLine` positions.
 */
export function bestLoss(kind: RowKind): number {
  if (kind.rows === 'pack') {
    const { length, from = 'anywhere' } = kind;
    return total(blockEntropies(length, from).slice(1)) / (length - 1);
  }
  const { firstByte = false, lineEnd = false } = kind;
  const nats = corpusFacts.natsPerLine - (firstByte ? 0 : spent[0]!);
  const bytes = corpusFacts.bytesPerLine - (firstByte ? 0 : 1) - (lineEnd ? 0 : 1);
  return nats / bytes;
}

/**
 * What a perfect model pays for one given line with its line end; Infinity for a text that the grammar cannot write.
 *
 * @returns Nats. Over many lines the sum, divided by their bytes, tends to the entropy rate.
 */
export function lineCost(line: string): number {
  let node = 0;
  let nats = 0;
  for (const byte of new TextEncoder().encode(`${line}\n`)) {
    const edge = chain[node]!.find((one) => one.byte === byte);
    if (edge === undefined) return Number.POSITIVE_INFINITY;
    nats -= Math.log(edge.probability);
    node = edge.to;
  }
  return nats;
}

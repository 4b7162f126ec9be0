/**
 * The grammar byte by byte: a Markov chain whose node is all that the text so far tells about what comes next. A node
 * is a grammar state with the letters of the current piece that are already written. The line's end is a byte too.
 */
import { choicesOf, grammarStates, type StateName } from './grammar.ts';

/** What ends a line in the chain; in a training set it may be the end-of-text token just as well. */
export const lineEnd = 10;

export interface Edge {
  readonly byte: number;
  readonly probability: number;
  /** Index of the node that follows. */
  readonly to: number;
}

/** Node 0 is the beginning of a line; every node has at least one edge, no two with the same byte. */
export type ByteChain = readonly (readonly Edge[])[];

interface Branch {
  /** Odds of the pieces below, by next byte. */
  readonly children: Map<number, { weight: number; branch: Branch | StateName | 'lineEnd' }>;
}

/** The pieces of a state as a tree of bytes. */
function tree(state: StateName): Branch {
  const root: Branch = { children: new Map() };
  for (const { text, weight, next } of choicesOf(state)) {
    let at = root;
    const bytes = new TextEncoder().encode(text);
    for (const [index, byte] of bytes.entries()) {
      const last = index === bytes.length - 1;
      const child = at.children.get(byte);
      if (child === undefined) {
        const branch = last ? (next ?? 'lineEnd') : { children: new Map() };
        at.children.set(byte, { weight, branch });
        if (typeof branch === 'object') at = branch;
      } else {
        if (last || typeof child.branch !== 'object')
          throw new Error(`In state ${state} "${text}" begins another piece, or another begins it.`);
        child.weight += weight;
        at = child.branch;
      }
    }
  }
  return root;
}

/** @throws Error when a piece of a state begins another one of the same state */
export function buildByteChain(): ByteChain {
  const chain: Edge[][] = [];
  const newNode = () => chain.push([]) - 1;
  const states = new Map<StateName | 'lineEnd', number>(grammarStates.map((state) => [state, newNode()]));
  states.set('lineEnd', newNode());
  const expand = (node: number, { children }: Branch) => {
    const total = [...children.values()].reduce((sum, { weight }) => sum + weight, 0);
    for (const [byte, { weight, branch }] of children) {
      const to = typeof branch === 'string' ? states.get(branch)! : newNode();
      chain[node]!.push({ byte, probability: weight / total, to });
      if (typeof branch === 'object') expand(to, branch);
    }
  };
  for (const state of grammarStates) expand(states.get(state)!, tree(state));
  chain[states.get('lineEnd')!]!.push({ byte: lineEnd, probability: 1, to: states.get('line')! });
  return chain;
}

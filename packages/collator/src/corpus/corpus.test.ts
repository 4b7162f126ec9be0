import { describe, expect, it } from 'vitest';
import { buildByteChain, lineEnd } from './byte-chain.ts';
import { bestLoss, corpusFacts, lineCost } from './entropy.ts';
import { choicesOf, grammarStates, type StateName } from './grammar.ts';
import { markovCorpus } from './markov-corpus.ts';

const sample = [...markovCorpus({ seed: 7, lines: 40_000 })];
const bytes = sample.reduce((sum, line) => sum + line.length + 1, 0);
const near = (found: number, expected: number, tolerance: number) =>
  expect(Math.abs(found / expected - 1), `${found} against ${expected}`).toBeLessThan(tolerance);

describe('the grammar', () => {
  it('has 60 to 120 words and no state that a line can return to', () => {
    const words = new Set(grammarStates.flatMap((state) => choicesOf(state).map(({ text }) => text.trim())));
    expect(words.size).toBeGreaterThanOrEqual(60);
    expect(words.size).toBeLessThanOrEqual(120);
    const depth = (state: StateName, seen: readonly StateName[]): void => {
      expect(seen).not.toContain(state);
      const nexts = new Set(choicesOf(state).flatMap(({ next }) => next ?? []));
      for (const next of nexts) depth(next, [...seen, state]);
    };
    depth('line', []);
  });

  it('is a chain over bytes: odds of one, one edge a byte', () => {
    for (const edges of buildByteChain()) {
      expect(edges.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
      expect(new Set(edges.map(({ byte }) => byte)).size).toBe(edges.length);
    }
  });
});

describe('the corpus', () => {
  it('is the same for the same seed, another for another, and comes line by line', () => {
    expect([...markovCorpus({ seed: 7, lines: 50 })]).toEqual(sample.slice(0, 50));
    expect([...markovCorpus({ seed: 8, lines: 50 })]).not.toEqual(sample.slice(0, 50));
    const endless = markovCorpus({ seed: 7, lines: Number.POSITIVE_INFINITY });
    expect(endless.next().value).toBe(sample[0]);
  });

  it('looks like English and keeps to the longest line', () => {
    for (const line of sample) expect(line).toMatch(/^[A-Z][a-z]*( [a-z]+)+\.$/);
    expect(Math.max(...sample.map((line) => line.length + 1))).toBeLessThanOrEqual(corpusFacts.longestLine);
    near(bytes / sample.length, corpusFacts.bytesPerLine, 0.005);
  });
});

/** Entropy a byte from counts alone: how often each word follows the two before it, before and after the verb. */
function countedEntropy(lines: readonly string[]): number {
  const counts = new Map<string, Map<string, number>>();
  for (const line of lines) {
    const words = line.replace('.', ' .').split(' ');
    // Verbs differ by the noun before them; what may follow an object depends on there having been a verb.
    let verb = false;
    for (const [at, word] of words.entries()) {
      const before = `${verb} ${words[at - 2] ?? ''} ${words[at - 1] ?? ''}`;
      const followers = counts.get(before) ?? counts.set(before, new Map()).get(before)!;
      followers.set(word, (followers.get(word) ?? 0) + 1);
      verb ||= /s$/.test(word) && at > 1;
    }
  }
  let nats = 0;
  for (const followers of counts.values()) {
    const sum = [...followers.values()].reduce((a, b) => a + b, 0);
    for (const count of followers.values()) nats -= count * Math.log(count / sum);
    // Miller and Madow's correction: counts see too little of what is rare.
    nats += (followers.size - 1) / 2;
  }
  return nats / lines.reduce((sum, line) => sum + line.length + 1, 0);
}

describe('the entropy rate', () => {
  it('is what a perfect model pays in the long run', () => {
    near(sample.reduce((sum, line) => sum + lineCost(line), 0) / bytes, corpusFacts.entropyRate, 0.005);
  });

  it('is what counting words in their contexts gives, without knowing the odds', () => {
    near(countedEntropy(sample), corpusFacts.entropyRate, 0.005);
  });

  it('does not cover a text that the grammar cannot write', () => {
    expect(lineCost('The dog barks.')).toBe(Number.POSITIVE_INFINITY);
    expect(lineCost(sample[0]!)).toBeLessThan(40);
  });
});

/** Node by node what a model pays that always knows where in the line it is, from the chain alone. */
function simulatedLoss(length: number): number {
  const chain = buildByteChain();
  const stream = new TextEncoder().encode(`${sample.join('\n')}\n`);
  let node = 0;
  let nats = 0;
  let predicted = 0;
  for (const [at, byte] of stream.entries()) {
    const edge = chain[node]!.find((one) => one.byte === byte)!;
    if (at % length !== 0) {
      nats -= Math.log(edge.probability);
      predicted++;
    }
    node = edge.to;
  }
  return nats / predicted;
}

describe('the best loss on rows', () => {
  it('of single lines: without the first byte, whose cost is known, and the line end, which is free', () => {
    const first = new Map<string, number>();
    for (const line of sample) first.set(line[0]!, (first.get(line[0]!) ?? 0) + 1);
    let firstCost = 0;
    for (const count of first.values())
      firstCost -= (count / sample.length) * Math.log(count / sample.length);
    const { natsPerLine, bytesPerLine } = corpusFacts;
    near(bestLoss({ rows: 'lines' }), (natsPerLine - firstCost) / (bytesPerLine - 2), 0.002);
    const whole = bestLoss({ rows: 'lines', firstByte: true, lineEnd: true });
    expect(whole).toBeCloseTo(corpusFacts.entropyRate, 12);
    expect(
      buildByteChain()
        .flat()
        .filter(({ byte }) => byte === lineEnd),
    ).toHaveLength(1);
  });

  it('of blocks: above the rate where context is missing, and tends to it with the length', () => {
    const { entropyRate } = corpusFacts;
    const losses = [16, 64, 256, 1024].map((length) => bestLoss({ rows: 'pack', length }));
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(losses.at(-1)).toBeGreaterThan(entropyRate);
    near(losses.at(-1)!, entropyRate, 0.006);
    // A model that knew what came before the block would pay less by what the block's beginning tells it.
    for (const [at, length] of [16, 64, 256].entries()) {
      expect(losses[at]).toBeGreaterThan(simulatedLoss(length));
    }
    expect(bestLoss({ rows: 'pack', length: 64, from: 'line' })).toBeLessThan(losses[1]!);
  });

  it('of two bytes cut anywhere is the entropy of pairs less that of single bytes', () => {
    const stream = Buffer.from(`${sample.join('\n')}\n`);
    const entropyOf = (width: number) => {
      const counts = new Map<string, number>();
      for (let at = 0; at + 2 <= stream.length; at++) {
        const text = stream.toString('latin1', at, at + width);
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
      let nats = 0;
      for (const count of counts.values())
        nats -= (count / (stream.length - 1)) * Math.log(count / (stream.length - 1));
      return nats;
    };
    near(bestLoss({ rows: 'pack', length: 2 }), entropyOf(2) - entropyOf(1), 0.005);
  });
});

/** Text from a source whose entropy is known, so that the best reachable loss is known too. */
export { bestLoss, type CorpusFacts, corpusFacts, lineCost, type RowKind } from './entropy.ts';
export { type MarkovCorpusOptions, markovCorpus } from './markov-corpus.ts';

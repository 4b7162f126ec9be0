/** The model of a case, on the active backend: cut out of the run's, whose weights are read once and kept. */
import { buildGpt2, cutWeights, type Gpt2, type Gpt2Weights } from '@nanscope/model';
import { type Case, constantOf } from './case.ts';

/** Weights that are read, or drawn, at the first question only. */
function readOnce({ config, values }: Gpt2Weights): Gpt2Weights {
  const read = new Map<string, Promise<Float32Array>>();
  return {
    config,
    values(name, size) {
      const known = read.get(name) ?? values(name, size);
      read.set(name, known);
      return known;
    },
  };
}

/** The weights of the model of a case. */
export function weightsOf(whole: Gpt2Weights, candidate: Case): Gpt2Weights {
  const kept = new Set(candidate.weights);
  return cutWeights(whole, candidate, (name) => (kept.has(name) ? undefined : constantOf(name)));
}

/** Makes models of cases; holds one, since neighbours in a search often differ in their batch alone. */
export class CutModels {
  readonly #whole: Gpt2Weights;
  #held: { readonly key: string; readonly model: Gpt2 } | undefined;

  constructor(whole: Gpt2Weights) {
    this.#whole = readOnce(whole);
  }

  async of(candidate: Case): Promise<Gpt2> {
    const { rows: _, ...cut } = candidate;
    const key = JSON.stringify(cut);
    if (this.#held?.key === key) return this.#held.model;
    this.dispose();
    const model = await buildGpt2(weightsOf(this.#whole, candidate));
    this.#held = { key, model };
    return model;
  }

  dispose(): void {
    this.#held?.model.dispose();
    this.#held = undefined;
  }
}

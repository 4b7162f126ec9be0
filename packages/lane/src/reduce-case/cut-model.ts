/** The model of a case, on the active backend: cut out of the run's, whose weights are read once and kept. */
import { buildCausalLM, type CausalLM, cutWeights, familyOf, type ModelWeights } from '@nanscope/model';
import type { Case } from './case.ts';

/** Weights that are read, or drawn, at the first question only. */
function readOnce({ config, values }: ModelWeights): ModelWeights {
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
export function weightsOf(whole: ModelWeights, candidate: Case): ModelWeights {
  const kept = new Set(candidate.weights);
  const family = familyOf(whole.config);
  return cutWeights(whole, candidate, (name) =>
    kept.has(name) ? undefined : family.plainValue(whole.config, name),
  );
}

/** Makes models of cases; holds one, since neighbours in a search often differ in their batch alone. */
export class CutModels {
  readonly #whole: ModelWeights;
  #held: { readonly key: string; readonly model: CausalLM } | undefined;

  constructor(whole: ModelWeights) {
    this.#whole = readOnce(whole);
  }

  async of(candidate: Case): Promise<CausalLM> {
    const { rows: _, ...cut } = candidate;
    const key = JSON.stringify(cut);
    if (this.#held?.key === key) return this.#held.model;
    this.dispose();
    const model = await buildCausalLM(weightsOf(this.#whole, candidate));
    this.#held = { key, model };
    return model;
  }

  dispose(): void {
    this.#held?.model.dispose();
    this.#held = undefined;
  }
}

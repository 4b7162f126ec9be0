/** Runs any cell on an opened session: inside our model, or through another library's attention, each loaded when it is needed. */
import type { Session } from '@nanscope/backend';
import { type AttentionImplementation, Refused } from '@nanscope/conform';
import {
  type Cell,
  isForeign,
  type Observation,
  runCell,
  runForeignCell,
  tinyModel,
} from '@nanscope/experiments';
import type { CausalLM } from '@nanscope/model';
import type { CellResult } from './task.ts';

const outputOnly = { stages: [], gradients: false, present: false };

/** Loads another library's attention. */
export type ForeignLoader = (
  attn: 'onnxruntime' | 'onnxruntime-mha',
  provider: 'cpu' | 'webgpu',
) => Promise<AttentionImplementation>;

export class CellObserver {
  readonly #session: Session;
  readonly #models = new Map<string, CausalLM>();
  readonly #foreign = new Map<string, AttentionImplementation>();
  readonly #load: ForeignLoader;

  constructor(session: Session, load: ForeignLoader) {
    this.#session = session;
    this.#load = load;
  }

  /** @throws UserError for an implementation that can not be loaded */
  async run(cell: Cell): Promise<CellResult> {
    try {
      return { cell, observation: await this.#observe(cell) };
    } catch (error) {
      if (error instanceof Refused) return { cell, refused: error.message };
      throw error;
    }
  }

  async #observe(cell: Cell): Promise<Observation> {
    if (isForeign(cell)) {
      const implementation = await this.#implementation(cell.attn);
      return runForeignCell(cell, async (problem) => (await implementation.run(problem, outputOnly)).out);
    }
    let model = this.#models.get(cell.layers);
    if (!model) {
      model = await tinyModel(Number(cell.layers));
      this.#models.set(cell.layers, model);
    }
    return runCell(cell, this.#session, model);
  }

  /** On the kind of device that the session is. */
  async #implementation(attn: 'onnxruntime' | 'onnxruntime-mha'): Promise<AttentionImplementation> {
    const loaded = this.#foreign.get(attn);
    if (loaded) return loaded;
    const provider = this.#session.facts.capabilities.gpu ? 'webgpu' : 'cpu';
    const implementation = await this.#load(attn, provider);
    this.#foreign.set(attn, implementation);
    return implementation;
  }

  dispose(): void {
    for (const model of this.#models.values()) model.dispose();
  }
}

/** Cells one after the other on an opened session, and what each showed; the same in a process and in a worker of a page. */
import type { Session } from '@nanscope/backend';
import { type AttentionImplementation, Refused } from '@nanscope/conform';
import {
  type Cell,
  isForeign,
  kernelFacts,
  type Observation,
  runCell,
  runForeignCell,
  tinyModel,
} from '@nanscope/experiments';
import type { CausalLM } from '@nanscope/model';
import { type CellResult, type CellsTask, type ExperimentMessage, isFailure } from './task.ts';

const outputOnly = { stages: [], gradients: false, present: false };

/** Loads another library's attention. */
type ForeignLoader = (
  attn: 'onnxruntime' | 'onnxruntime-mha',
  provider: 'cpu' | 'webgpu',
) => Promise<AttentionImplementation>;

/** Runs any cell on an opened session: inside our model, or through another library's attention, each loaded when it is needed. */
class CellObserver {
  readonly #session: Session;
  readonly #models = new Map<string, CausalLM>();
  readonly #foreign = new Map<string, AttentionImplementation>();
  readonly #load: ForeignLoader;

  constructor(session: Session, load: ForeignLoader) {
    this.#session = session;
    this.#load = load;
  }

  /** @throws UserError for an implementation that cannot be loaded */
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

/** Results are sent together: a message costs as much as a cell of a fast backend. */
const TOGETHER_MS = 500;

/** @param stopped asked before every cell */
export async function observeCells(
  session: Session,
  { cells, facts, bail }: Pick<CellsTask, 'cells' | 'facts' | 'bail'>,
  load: ForeignLoader,
  say: (message: ExperimentMessage) => void,
  stopped: () => boolean,
): Promise<void> {
  if (facts) say({ kind: 'facts', facts: await kernelFacts() });
  const observer = new CellObserver(session, load);
  let waiting: CellResult[] = [];
  let said = performance.now();
  const send = () => {
    if (waiting.length > 0) say({ kind: 'cells', results: waiting });
    waiting = [];
    said = performance.now();
  };
  let failures = 0;
  for (const cell of cells) {
    if (stopped()) break;
    const started = performance.now();
    const result = await observer.run(cell);
    waiting.push({ ...result, seconds: Math.round((performance.now() - started) * 1000) / 1e6 });
    if (bail !== undefined && isFailure(result) && ++failures >= bail) break;
    if (performance.now() - said >= TOGETHER_MS) send();
  }
  send();
  observer.dispose();
}

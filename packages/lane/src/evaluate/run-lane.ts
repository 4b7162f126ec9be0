/**
 * A lane from start to end, in its own process: open the backend, load the model and the data, evaluate, save.
 * What is computed is evaluate-lane.ts's business, comparison the parent's.
 */
import { sourceWords } from '@nanscope/collator';
import { Decorations } from '@nanscope/errors';
import type { CausalLM } from '@nanscope/model';
import { folderSink, holdFolder, PATIENCE_SECONDS } from '@nanscope/record';
import { collateOptions } from '../data/collation.ts';
import { evalBatches, loadTokenizerFor } from '../data/inputs.ts';
import { withLengthNote } from '../data/length-note.ts';
import { loadModel } from '../data/model.ts';
import type { LaneMessage, LaneTask } from '../protocol/task.ts';
import { environmentOf, unknownEnvironment } from '../session/environment.ts';
import { openSession } from '../session/open-session.ts';
import { earlierLane } from './earlier-lane.ts';
import { evaluateLane } from './evaluate-lane.ts';
import { saveOutputs } from './save-outputs.ts';

export async function runLane(task: LaneTask, say: (message: LaneMessage) => void): Promise<void> {
  const { config } = task;
  const release = await holdFolder(task.folder, PATIENCE_SECONDS);
  const session = await openSession(task, say);
  const tokenizer = await loadTokenizerFor(config);
  const model: CausalLM = await loadModel(config, (what) => say({ kind: 'loading', what }));
  const decorations = new Decorations();
  await evaluateLane(
    {
      task,
      session,
      model,
      tokenizer,
      environment:
        decorations.make('the environment', () => environmentOf(session)) ?? unknownEnvironment(session),
      decorations,
      source: config.loadInputs ?? sourceWords(config.data, config.textField),
      batches: withLengthNote(evalBatches(config, tokenizer, model.config), model.config, (text) =>
        say({ kind: 'note', text }),
      ),
      collation: config.loadInputs ? undefined : collateOptions(config, tokenizer, model.config),
      sink: folderSink(task.folder),
      earlier: task.resume ? earlierLane(task.folder) : undefined,
      peakBytes: () => process.resourceUsage().maxRSS * 1024,
      say,
    },
    async (first, computation) => {
      if (!config.saveOutputs || task.role !== 'target') return;
      const { batch } = first.batch;
      const notes = await saveOutputs(config.saveOutputs, computation, batch, first.result, {
        gradients: config.grads,
        batches: task.batches,
      });
      for (const text of notes) say({ kind: 'note', text });
    },
  );
  release();
  model.dispose();
  await session.dispose();
}

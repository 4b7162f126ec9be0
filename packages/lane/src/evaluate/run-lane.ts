/**
 * A lane from start to end, in its own process: open the backend, load the model and the data, evaluate, save.
 * What is computed is evaluate-lane.ts's business, comparison the parent's.
 */
import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sourceWords } from '@nanscope/collator';
import { Decorations, UserError } from '@nanscope/errors';
import type { CausalLM } from '@nanscope/model';
import { folderSink, holdFolder, PATIENCE_SECONDS, readLane, wholeLines } from '@nanscope/record';
import { collateOptions, withLengthNote } from '../data/collation.ts';
import { evalBatches, loadTokenizerFor } from '../data/inputs.ts';
import { loadModel } from '../data/model.ts';
import type { LaneMessage, LaneTask } from '../protocol/task.ts';
import { environmentOf, openSession, unknownEnvironment } from '../session/open-session.ts';
import type { EarlierLane } from './completed.ts';
import { evaluateLane } from './evaluate-lane.ts';
import { saveOutputs } from './save-outputs.ts';
import { STAGES_FILE, saveStages } from './save-stages.ts';
import { HIT_FILE } from './trace-book.ts';

// A lane's folder that an earlier process left: its record, and its lines up to the last batch that is complete.

/** Undefined where the earlier process ended before its first record: the lane begins anew. @throws {UserError} those of `readRun` */
export function earlierLane(folder: string): EarlierLane | undefined {
  const record = readLane(folder);
  if (!record) return undefined;
  return {
    record,
    async samples() {
      removeTemporary(folder);
      await cutAfter(folder, 'metrics.jsonl', record.metrics?.batches ?? 0, () => 0);
      await cutAfter(folder, 'samples.jsonl', record.metrics?.rows ?? 0, () => 0);
      await cutAfter(folder, 'health.jsonl', record.cascade?.batchesTraced ?? 0, opsOf);
      await cutAfter(folder, HIT_FILE, record.cascade?.hit?.batches.length ?? 0, opsOf);
      return rowsOf(join(folder, 'samples.jsonl'), record.metrics?.rows ?? 0);
    },
  };
}

/** Left by a process that was killed while it replaced a record. */
export function removeTemporary(folder: string): void {
  for (const name of readdirSync(folder))
    if (/^(run|config)\.json\.\d+\.tmp$/.test(name)) rmSync(join(folder, name), { force: true });
}

/** Lines that follow the header of a traced batch. */
function opsOf(header: string): number {
  const lines = /^\{"type":"batch",.*"lines":(\d+)[,}]/.exec(header)?.[1];
  return lines === undefined ? Number.POSITIVE_INFINITY : Number(lines);
}

/**
 * Keeps the first `count` entries of a file.
 *
 * @param more lines of an entry beyond its first
 * @throws {UserError} `resume/incomplete` when there are fewer: the record was written after them, so somebody took them
 */
async function cutAfter(
  folder: string,
  name: string,
  count: number,
  more: (line: string) => number,
): Promise<void> {
  const path = join(folder, name);
  let entries = 0;
  let left = 0;
  let end = 0;
  for await (const line of wholeLines(path)) {
    if (left === 0 && entries === count) break;
    if (left > 0) left--;
    else {
      entries++;
      left = more(line.text);
    }
    end = line.end;
  }
  if (entries < count || left > 0) {
    throw new UserError(
      'resume/incomplete',
      `${path}: expected what ${basename(folder)}/run.json counts, ${count}, found less. Remove ${folder} to start this lane over.`,
    );
  }
  if (existsSync(path)) truncateSync(path, end);
}

/** The first rows alone: the file grows while they are read. */
async function* rowsOf(path: string, count: number): AsyncGenerator<string> {
  let read = 0;
  if (count === 0) return;
  for await (const { text } of wholeLines(path)) {
    yield text;
    if (++read === count) return;
  }
}

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
    async (first, computation, labelled) => {
      if (task.stages && labelled) {
        say({ kind: 'loading', what: 'comparing stages' });
        const place = join(task.folder, STAGES_FILE);
        await decorations.makeLater('the stages', () =>
          saveStages(place, computation, labelled.batch.batch, config.grads),
        );
      }
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

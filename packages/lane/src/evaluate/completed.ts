/**
 * The batches that an earlier process of a lane completed, for the one that goes on: their losses and answers are read
 * instead of computed, in the same order, so that sums come out bit for bit. A batch is complete when the lane's
 * run.json counts it, which is replaced after everything else of the batch was written.
 */
import { UserError } from '@nanscope/errors';
import { fromJsonNumber, type JsonNumber, type LaneRecord, stringifyExact } from '@nanscope/record';
import { supervisedRows } from '@nanscope/trainer';
import type { EvalBatch } from '../data/collation.ts';
import type { BatchResult } from './evaluate-batch.ts';
import { sampleLines } from './record-batch.ts';

/** What an earlier process left. */
export interface EarlierLane {
  readonly record: LaneRecord;
  /** Drops what it wrote of a batch that it did not complete, and reads the rows of those that it did. */
  samples(): Promise<AsyncIterable<string>>;
}

type Head = Pick<LaneRecord, 'decision' | 'environment' | 'model' | 'policy'>;

/** What a result depends on beside the settings, in words. */
const identityOf = ({ decision, environment, model }: Head): Record<string, string> => ({
  device: decision.label,
  attention: decision.attention,
  nanscope: environment.nanscope,
  backend: `${decision.backend} ${environment.backendVersion}`,
  machine: `${environment.os} ${environment.arch}`,
  model: Object.values(model).join(' '),
});

/** @throws {UserError} `resume/other-lane` where the rest would be computed by something else than the beginning */
function checkSameLane(earlier: Head, now: Head): void {
  const [before, here] = [identityOf(earlier), identityOf(now)];
  const other = Object.keys(here).find((name) => here[name] !== before[name]);
  if (other === undefined) return;
  throw new UserError(
    'resume/other-lane',
    `--resume: expected the ${other} of that run, ${before[other]}, found ${here[other]}. Start a new run with --out.`,
  );
}

export class CompletedBatches {
  /** How many there are. */
  readonly count: number;
  readonly record: LaneRecord;
  readonly #samples: AsyncIterator<string>;
  #taken = 0;

  private constructor(record: LaneRecord, samples: AsyncIterable<string>) {
    this.record = record;
    this.count = record.metrics?.batches ?? 0;
    this.#samples = samples[Symbol.asyncIterator]();
  }

  /** @throws {UserError} `resume/other-lane`, `resume/incomplete` */
  static async open(earlier: EarlierLane, now: Head): Promise<CompletedBatches> {
    checkSameLane(earlier.record, now);
    return new CompletedBatches(earlier.record, await earlier.samples());
  }

  /**
   * @param firstRow index of the batch's first row in the data set
   * @returns what the batch gave then; undefined for one that was not completed
   * @throws {UserError} `resume/other-data` where the batch is not what it was
   */
  async take(evalBatch: EvalBatch, vocabulary: number, firstRow: number): Promise<BatchResult | undefined> {
    if (this.#taken >= this.count) return undefined;
    this.#taken++;
    const { batch } = evalBatch;
    const supervised = supervisedRows(batch.labels, [batch.batch, batch.length], vocabulary);
    const lines: string[] = [];
    const losses: number[] = [];
    const answers: number[] = [];
    for (let row = 0; row < batch.batch; row++) {
      const next = await this.#samples.next();
      if (next.done) throw otherData(firstRow + row);
      lines.push(next.value);
      const line = parsed(next.value);
      losses.push(...line.losses.map(fromJsonNumber));
      answers.push(...line.answers);
    }
    const result = { supervised, losses: Float32Array.from(losses), answers: Int32Array.from(answers) };
    if (losses.length !== supervised.rows.length || answers.length !== losses.length)
      throw otherData(firstRow);
    // What would be written of it now has to be what was written then: rows, positions and labels alike.
    sampleLines(evalBatch, result, firstRow).forEach((line, row) => {
      if (stringifyExact(line) !== lines[row]) throw otherData(firstRow + row);
    });
    return result;
  }

  /** @throws {UserError} `resume/other-data` when the data had fewer batches than were completed */
  checkAllTaken(): void {
    if (this.#taken < this.count) throw otherData(this.record.data.rows - 1);
  }
}

const otherData = (row: number) =>
  new UserError(
    'resume/other-data',
    `--resume: expected row ${row} of the data to be as it was evaluated then, found another. Start a new run with --out.`,
  );

function parsed(text: string): { readonly losses: JsonNumber[]; readonly answers: number[] } {
  try {
    const { losses, answers } = JSON.parse(text);
    if (Array.isArray(losses) && Array.isArray(answers)) return { losses, answers };
  } catch {
    // Said by what follows.
  }
  return { losses: [], answers: [] };
}

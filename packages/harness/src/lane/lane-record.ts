/** The lane's own run.json while it grows: opened before anything is computed, rewritten as results come in. */
import type { Session } from '@nanscope/backend';
import type { Gpt2 } from '@nanscope/gpt2';
import { type LaneRecord, SCHEMA_VERSION } from '@nanscope/report';
import { configRecord, type EvalConfig } from '../config/eval-config.ts';
import { type PolicyConfig, policyOf, policyRecord } from '../config/policy.ts';
import { writeJson } from '../run-folder/write.ts';
import { environmentOf } from './environment.ts';
import type { LaneTask, LaneTaskBase } from './task.ts';

type LaneHead = Omit<
  LaneRecord,
  'kind' | 'data' | 'metrics' | 'cascade' | 'leak' | 'policyEffect' | 'memory'
>;

/** What every lane says of itself at its start, whatever it computes. */
export function laneHead(
  task: LaneTaskBase & { readonly config: PolicyConfig & Pick<EvalConfig, 'model'> },
  session: Session,
  model: Gpt2,
): LaneHead {
  const { config } = model;
  return {
    schemaVersion: SCHEMA_VERSION,
    role: task.role,
    status: 'running',
    startedAt: new Date().toISOString(),
    config: configRecord(task.config),
    policy: policyRecord(policyOf(task.config)),
    decision: structuredClone(task.decision) as LaneRecord['decision'],
    environment: environmentOf(session),
    kernelNotes: [...session.notes],
    model: {
      name: task.config.model,
      parameters: Object.values(model.parameters).reduce((sum, { size }) => sum + size, 0),
      layers: config.n_layer,
      heads: config.n_head,
      width: config.n_embd,
      vocabulary: config.vocab_size,
      positions: config.n_positions,
    },
  };
}

export class LaneRecorder {
  readonly #folder: string;
  #record: LaneRecord;

  constructor(task: LaneTask, session: Session, model: Gpt2, source: string) {
    this.#folder = task.folder;
    this.#record = {
      ...laneHead(task, session, model),
      kind: 'lane',
      data: { source, rows: 0, truncated: 0 },
    };
    this.write();
  }

  get record(): LaneRecord {
    return this.#record;
  }

  update(change: Partial<LaneRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.write();
  }

  private write(): void {
    writeJson(this.#folder, 'run.json', this.#record);
  }
}

/** What the page asks of a worker, and what it hears. One worker does one task and ends, so that whatever happens to it costs that task only. */
import type { Probe } from '@nanscope/backend';
import type { CaseResult, TensorflowAttention } from '@nanscope/conform';
import type { AttentionProbeOutcome, Decision } from '@nanscope/device';
import type { Cell } from '@nanscope/experiments';
import type { CheckedInputs } from '@nanscope/harness';
import type {
  AttentionPattern,
  ExperimentMessage,
  LaneMessage,
  LaneTask,
  Measured,
  ShadowMessage,
  ShadowTask,
} from '@nanscope/lane';
import type { ComparisonRecord, EnvironmentRecord, NumericQuestion, ReportSubject } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';

/** A file that was dropped or chosen, with its path in what was dropped. */
export interface PageFile {
  readonly path: string;
  readonly file: File;
}

/** What the visitor gave beside the configuration. Workers read ranges of it; nothing is copied or uploaded. */
export interface PageFiles {
  /** A model folder in Hugging Face layout. */
  readonly model?: readonly PageFile[];
  /** Texts. */
  readonly data?: readonly PageFile[];
}

/** Texts of a lane's files by name, as they stand in a run folder. */
export type LaneTexts = Readonly<Record<string, string>>;

interface Run {
  readonly config: EvalConfig;
  readonly files: PageFiles;
}

/** Each task with what it is given and what it answers. */
export interface Tasks {
  probe: { given: { readonly id: string }; answer: Probe };
  attention: { given: { readonly id: string }; answer: readonly AttentionProbeOutcome[] };
  /** How the backend answers the doctor's questions, in messages: what was said before it ends is kept. */
  numbers: { given: { readonly id: string }; answer: undefined };
  check: { given: Run; answer: CheckedInputs };
  lane: {
    given: Run & Pick<LaneTask, 'role' | 'decision' | 'policy' | 'batches' | 'cut'>;
    answer: undefined;
  };
  compare: {
    given: Run & { readonly target: LaneTexts; readonly reference: LaneTexts };
    answer: ComparisonRecord | undefined;
  };
  /** Stays open for questions about one batch. */
  shadow: { given: Pick<Run, 'files'> & ShadowTask; answer: undefined };
  /** One head of one row of the first batch. */
  pattern: {
    given: Run & Pick<LaneTask, 'decision' | 'policy'> & Pick<AttentionPattern, 'layer' | 'head' | 'row'>;
    answer: AttentionPattern;
  };
  cells: {
    given: { readonly decision: Decision; readonly cells: readonly Cell[]; readonly facts: boolean };
    answer: undefined;
  };
  conform: {
    given: {
      readonly decision: Decision;
      readonly implementation: TensorflowAttention;
      readonly filter?: string;
    };
    answer: undefined;
  };
  /** Files of a run by path -> a zip. */
  pack: { given: { readonly files: ReadonlyMap<string, string> }; answer: Uint8Array<ArrayBuffer> };
  /** A zip, a run folder or a result's JSON -> what a report shows. */
  open: { given: { readonly files: readonly PageFile[] }; answer: ReportSubject };
}

export type TaskName = keyof Tasks;

/** A part of a lane's record. */
export interface FileMessage {
  readonly kind: 'file';
  readonly name: string;
  readonly text: string;
  readonly how: 'replace' | 'append';
}

/** What the tasks of this page say beside what every worker does. */
export type TaskMessage =
  | FileMessage
  | ExperimentMessage
  | ShadowMessage
  | { readonly kind: 'opened'; readonly environment: EnvironmentRecord }
  | { readonly kind: 'case'; readonly result: CaseResult }
  | { readonly kind: 'questions'; readonly questions: readonly NumericQuestion[] }
  | ({ readonly kind: 'measured' } & Measured);

export type Say = (message: LaneMessage | TaskMessage) => void;

/** What the parent asks a lane that stays open for questions, and what it answers. */
import type { Capture, CapturedOp, CapturedTensor, Digest } from '@nanscope/cascade';
import type { EvalConfig } from '@nanscope/settings';
import type { LaneTaskBase } from '../protocol/task.ts';

export interface ShadowTask extends Omit<LaneTaskBase, 'folder'> {
  readonly config: EvalConfig;
  /** Index of the batch that all questions are about. */
  readonly batch: number;
}

export type Replayable = Pick<CapturedOp, 'kernel' | 'attrs' | 'inputs'>;

/** Questions by name, each with what goes with it and what comes back. */
export interface Questions {
  /** Plain evaluations, one after the other: the losses of each. */
  readonly evaluate: { readonly ask: { readonly times: number }; readonly answer: readonly Float32Array[] };
  /** Some elements of every output. */
  readonly digest: { readonly ask: object; readonly answer: readonly Digest[] };
  /** The calls of these names, whole. */
  readonly capture: {
    readonly ask: { readonly calls: readonly string[] };
    readonly answer: readonly Capture[];
  };
  /** One op, once for each of these sets of inputs: its outputs. */
  readonly replay: {
    readonly ask: { readonly ops: readonly Replayable[] };
    readonly answer: readonly (readonly CapturedTensor[])[];
  };
}

export type QuestionName = keyof Questions;

export type Question = {
  [Name in QuestionName]: { readonly kind: 'question'; readonly id: number; readonly name: Name } & {
    readonly ask: Questions[Name]['ask'];
  };
}[QuestionName];

export type ShadowMessage =
  /** It may be asked from now on. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Questions[QuestionName]['answer'] }
  /** The question could not be answered; the lane goes on. */
  | { readonly kind: 'refused'; readonly id: number; readonly reason: string }
  /** Still there, with nothing to do: the other lane is at work. */
  | { readonly kind: 'waiting' };

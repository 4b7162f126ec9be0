/**
 * What is the case in an evaluation or a comparison, as data: what the harness decides (compare/verdict.ts), and what the
 * sentences beside this file are made of.
 */
import type {
  ComparisonRecord,
  LaneRecord,
  ReplaysRecord,
  StageComparison,
  VerdictRecord,
} from '@nanscope/record';
import type { endings, RerunAdvice, SettingDifference, TapReplay } from './clauses.ts';

type Role = 'target' | 'reference';

/** The first place at which values of two lanes are of another class. */
export type ClassPlace =
  | { readonly op: string; readonly why?: string | undefined }
  | { readonly row: number; readonly position: number; readonly why?: string | undefined }
  | { readonly metric: string; readonly why?: string | undefined };

/** What is the case, with the counts and places that show it. */
export type Reason =
  | { readonly is: 'not begun' }
  | {
      readonly is: 'lanes ended early';
      readonly lanes: readonly {
        readonly role: string;
        readonly status: keyof typeof endings;
        readonly failure?: string | undefined;
      }[];
      readonly complete?: string | undefined;
    }
  | { readonly is: 'no result'; readonly role: Role }
  | ({ readonly is: 'taps change it' } & TapReplay)
  | { readonly is: 'lanes do not repeat'; readonly lanes: ReplaysRecord['lanes']; readonly times: number }
  | { readonly is: 'an op differs'; readonly allowed: boolean }
  | { readonly is: 'classes apart'; readonly at: ClassPlace; readonly permitted: boolean }
  | { readonly is: 'one side only'; readonly compared: number; readonly unpaired: number }
  | {
      readonly is: 'labels apart';
      readonly apart: number;
      readonly compared: number;
      readonly first: { readonly row: number; readonly position: number; readonly what: string };
    }
  | {
      readonly is: 'a stage apart';
      /** The first in which a lane lies farther from float64 than rounding explains. */
      readonly stage: StageComparison;
      /** Labels that differ, of those that were compared within `rtol`. */
      readonly apart: number;
      readonly compared: number;
      readonly rtol: number;
    }
  | { readonly is: 'a metric apart'; readonly metric: string }
  | {
      readonly is: 'environments apart';
      readonly device: string;
      readonly differing: readonly SettingDifference[];
      readonly beside: Reason;
    }
  | {
      readonly is: 'settings apart';
      readonly differing: readonly SettingDifference[];
      readonly beside?: Reason | undefined;
    }
  | { readonly is: 'one lane' }
  | { readonly is: 'neither is finite'; readonly byPolicy: boolean }
  | { readonly is: 'agreed'; readonly rtol: number; readonly atol: number }
  /** Runs without a loss, as loops of one's own have it. */
  | { readonly is: 'ops agreed'; readonly aligned: number };

/** A next step, by what it is. */
export type Advice =
  | { readonly to: 'run again' | 'resume or compare' | 'ask the doctor' | 'compare with a device' }
  | {
      readonly to: 'guard rows' | 'mend the origin' | 'guard rows or trace' | 'trace' | 'mend what is hidden';
    }
  | {
      readonly to: 'mend the lane' | 'mend before comparing' | 'send it to the authors' | 'replay on devices';
    }
  | { readonly to: 'mend what makes it so' | 'compare the same data' | 'trace and replay' }
  | RerunAdvice
  | {
      readonly to:
        | 'suspect the environment'
        | 'keep causality'
        | 'know of the sinks'
        | 'nothing'
        | 'trace for masked rows';
    }
  | { readonly to: 'reduce' | 'resume'; readonly folder: string }
  | { readonly to: 'guard rows of PyTorch' }
  | {
      /** Queries without a key that the PyTorch of this run gives zeros. */
      readonly to: 'know of the guard';
      readonly queries: number;
      readonly batch: number;
      readonly policy: string;
    }
  | { readonly to: 'look into the stage'; readonly stage: string }
  | { readonly to: 'widen the tolerance'; readonly of: 'they' | 'the devices' }
  | { readonly to: 'look where taps differ'; readonly replay: TapReplay }
  | { readonly to: 'explore'; readonly cascade: boolean }
  | {
      readonly to: 'try without a guard';
      readonly policy: string;
      readonly queries: number;
      readonly batch: number;
      readonly bundledText: boolean;
      /** The policies that make NaN of these queries, the last of them to be tried. */
      readonly unguarded: readonly string[];
      /** The command as typed under that policy; absent where it cannot be typed again. */
      readonly command?: string | undefined;
    };

/** What a lane has beside its loss that the verdict must not leave out. */
export interface Beside {
  /** With a finite loss: the lane that met what is not finite on the way, and the op it ended in. */
  readonly hidden?: { readonly role: Role; readonly endsIn?: string | undefined } | undefined;
  /** The level of a trace that looked at no op of a lane. */
  readonly unseen?: 'off' | 'gate' | undefined;
  /** The op that reads what is not finite, and takes none of it. */
  readonly leftBehind?: string | undefined;
  /** The first position that sees the future. */
  readonly leak?:
    | {
        readonly policy: string;
        readonly row: number;
        readonly position: number;
        readonly from: number;
        readonly live: boolean;
      }
    | undefined;
  /** The query without an allowed key in which the target's NaN is born. */
  readonly masked?: { readonly row: number; readonly query: number; readonly policy: string } | undefined;
}

/** A verdict without a word: what a caller may act on. */
export interface Decision extends Pick<VerdictRecord, 'code' | 'exitCode' | 'findings'> {
  readonly reason: Reason;
  readonly next: readonly Advice[];
  readonly beside: Beside;
}

/** The records that a decision was made of. */
export interface Decided {
  readonly target?: LaneRecord | undefined;
  readonly reference?: LaneRecord | undefined;
  readonly comparison?: ComparisonRecord | undefined;
}

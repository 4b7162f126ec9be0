/** What the parent hands a lane that trains. */
import type { TrainConfig } from '@nanscope/settings';
import type { LaneTaskBase } from '../protocol/task.ts';

export interface TrainTask extends LaneTaskBase {
  readonly kind: 'train';
  /** The command line as typed, for the model card. */
  readonly command: string;
  readonly config: TrainConfig;
  /** Folder of the lane whose last checkpoint is continued from; may be `folder` itself. */
  readonly resumeFrom?: string;
  /** Name of the checkpoint there; absent where the run ended before its first one. */
  readonly checkpoint?: string;
}

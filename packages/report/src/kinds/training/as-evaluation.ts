/** A training run as far as it is like an evaluation, so that devices and cascades are shown by the same sections. Pure. */
import type { LaneRecord, ResultRecord, TrainLaneRecord, TrainResultRecord } from '@nanscope/record';

function asLane({ data, training: _, kind: __, ...lane }: TrainLaneRecord): LaneRecord {
  return { ...lane, kind: 'lane', data: { source: data.source, rows: data.training, truncated: 0 } };
}

export function asEvaluation({
  command,
  folder,
  target,
  reference,
  comparison,
}: TrainResultRecord): ResultRecord {
  return {
    schemaVersion: 1,
    kind: 'eval',
    command,
    ...(folder !== undefined && { folder }),
    ...(target && { target: asLane(target) }),
    ...(reference && { reference: asLane(reference) }),
    ...(comparison && {
      comparison: {
        ...comparison,
        metrics: [],
        labels: { compared: 0, unpaired: 0, differing: [], differingCut: 0, requiredRtol: 0 },
      },
    }),
    // Not shown: the verdict of a training run has a section of its own.
    verdict: { code: 'no-reference', exitCode: 0, sentence: '', next: '' },
  };
}

/** What a lane says of the first value that is not finite, as a line of progress. */
import type { LaneMessage } from '@nanscope/lane';
import { placeWords } from '@nanscope/words';

/** `NaN since batch 0: layer 0, attention probabilities`; every other message is passed on as it is. @param unit what `batch` counts */
export function birthInWords(message: LaneMessage, unit: 'batch' | 'step'): LaneMessage {
  if (message.kind !== 'born') return message;
  const { what, batch, key } = message;
  const where = key === undefined ? 'the loss shows it, --trace health names the place' : placeWords(key);
  return { kind: 'note', text: `${what === 'NaN' ? 'NaN' : 'infinity'} since ${unit} ${batch}: ${where}` };
}

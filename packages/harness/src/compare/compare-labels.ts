/** Per-token losses of two runs, label by label, streamed: which labels differ, and what is special about their place. */
import { type ComparisonRecord, fromJsonNumber, type SampleLine, toJsonNumber } from '@nanscope/report';
import { requiredRtol, sameNumber, type Tolerance } from './numbers.ts';

const MOST = 50;

/** `first` is the position of the first real token of the row. */
function placeWords(line: SampleLine, position: number): string {
  if (position === line.first && line.first > 0) return 'first real token, predicted from the last pad';
  if (position < line.first) return 'predicted from a pad';
  return 'predicted from a real token';
}

export async function compareLabels(
  target: AsyncIterator<SampleLine>,
  reference: AsyncIterator<SampleLine>,
  tolerance: Tolerance,
  decode: (label: number) => string,
): Promise<ComparisonRecord['labels']> {
  const differing: ComparisonRecord['labels']['differing'] = [];
  let compared = 0;
  let cut = 0;
  let unpaired = 0;
  let required = 0;
  for (;;) {
    const [a, b] = await Promise.all([target.next(), reference.next()]);
    if (a.done && b.done) break;
    if (a.done || b.done) {
      unpaired++;
      continue;
    }
    const [own, other] = [a.value, b.value];
    const at = new Map(other.positions.map((position, i) => [position - other.first, i]));
    let paired = 0;
    own.positions.forEach((position, i) => {
      const j = at.get(position - own.first);
      if (j === undefined || own.labels[i] !== other.labels[j]) return;
      paired++;
      const [x, y] = [fromJsonNumber(own.losses[i]!), fromJsonNumber(other.losses[j]!)];
      required = Math.max(required, requiredRtol(x, y, tolerance.atol));
      if (sameNumber(x, y, tolerance)) return;
      if (differing.length === MOST) {
        cut++;
        return;
      }
      const label = own.labels[i]!;
      differing.push({
        row: own.row,
        position,
        label,
        text: decode(label),
        what: placeWords(own, position),
        reference: toJsonNumber(y),
        target: toJsonNumber(x),
      });
    });
    compared += paired;
    unpaired += own.positions.length + other.positions.length - 2 * paired;
  }
  return { compared, unpaired, differing, differingCut: cut, requiredRtol: toJsonNumber(required) };
}

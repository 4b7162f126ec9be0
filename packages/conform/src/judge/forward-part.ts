/** What of a judgement is about the forward pass: for an implementation that has no other. */
import type { Comparison, Judgement } from '../case.ts';

/** `dq`, `dk of the pads`: comparisons are named after the tensor that they are of. */
const isGradient = ({ name }: Comparison) => /^d[qkv]\b/.test(name);

/** A control that is left without comparisons is left out: it has nothing to refute. */
export function forwardPart({ comparisons, controls }: Judgement): Judgement {
  const forward = (all: readonly Comparison[]) => all.filter((comparison) => !isGradient(comparison));
  return {
    comparisons: forward(comparisons),
    controls: controls
      .map((control) => ({ ...control, comparisons: forward(control.comparisons) }))
      .filter((control) => control.comparisons.length > 0),
  };
}

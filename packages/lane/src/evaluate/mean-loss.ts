/** The mean in double precision over supervised tokens; NaN when there is none or one of them is NaN. */
export function meanLoss(losses: Float32Array): number {
  let sum = 0;
  for (const loss of losses) sum += loss;
  return sum / losses.length;
}

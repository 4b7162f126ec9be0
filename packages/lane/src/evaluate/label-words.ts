/** What is special about a label's place in its row, in the words of the report. */

/**
 * @param mask The row's attention mask, length T.
 * @param position The position of the label; its prediction comes from `position - 1`.
 */
export function labelWords(mask: ArrayLike<number>, position: number): string {
  const predictedFromPad = position > 0 && mask[position - 1] === 0;
  if (predictedFromPad && mask[position] === 1) return 'first real token, predicted from the last pad';
  if (predictedFromPad) return 'predicted from a pad';
  return 'predicted from a real token';
}

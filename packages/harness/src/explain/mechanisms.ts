/** What each mechanism is, for someone who never heard of it: one sentence that starts with "There". */

const sentences: Readonly<Record<string, string>> = {
  'fully masked row':
    'There a query may attend to no key at all: the mask blocks every one. All its scores are -infinity, and softmax subtracts the largest of them: -infinity minus -infinity has no answer.',
  'inf - inf': 'There one infinity is subtracted from another, which has no answer.',
  '0 * inf': 'There zero is multiplied by infinity, which has no answer.',
  'inf / inf': 'There one infinity is divided by another, which has no answer.',
  '0 / 0': 'There zero is divided by zero, which has no answer.',
  'division by 0': 'There a number is divided by zero, which gives infinity.',
  'log of 0': 'There the logarithm of zero is taken, which is -infinity.',
  'log of a negative': 'There the logarithm of a negative number is taken, which has no answer.',
  'square root of a negative': 'There the square root of a negative number is taken, which has no answer.',
  'power of a negative': 'There a negative number is raised to a fractional power, which has no answer.',
  overflow: 'There a result is too large for the number format, and becomes infinity.',
  'exp overflow': 'There an exponential is too large for the number format, and becomes infinity.',
  'sum overflow': 'There a sum is too large for the number format, and becomes infinity.',
  'matmul overflow': 'There a matrix product is too large for the number format, and becomes infinity.',
  'cast overflow': 'There a number is rounded to 16 bits, which cannot hold it, and becomes infinity.',
  'external input': 'It was there before anything was computed: a weight or an input holds it.',
  'gradient of a select':
    'There the gradient of a branch that was not taken is multiplied by zero all the same.',
  'kernel fault': 'There the device gives a value that its own operands do not allow.',
};

/** @param evidence in the words of the trace, for a mechanism that has no sentence of its own */
export function mechanismSentence(name: string, evidence: string): string {
  const known = sentences[name];
  if (known !== undefined) return known;
  return name === 'unknown'
    ? 'The trace does not show how it came to be.'
    : `It comes by ${name}: ${evidence.replace(/\.$/, '')}.`;
}

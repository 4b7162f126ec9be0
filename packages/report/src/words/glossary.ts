/** The words of the reports, each in a clause for who meets it first: an HTML report ends with those that it uses. */

export interface Term {
  readonly term: string;
  /** As a report writes it; default: the term itself. */
  readonly written?: RegExp;
  readonly meaning: string;
}

export const glossary: readonly Term[] = [
  { term: 'lane', meaning: 'one device that runs the whole computation, in a process of its own' },
  { term: 'target', meaning: 'the device under test, which --device names' },
  { term: 'reference', meaning: 'the device that the target is compared with' },
  {
    term: 'javascript',
    meaning: 'plain JavaScript of TensorFlow.js, slow and easy to read; its backend is called cpu there',
  },
  {
    term: 'policy',
    meaning:
      'what attention does with masked cells, and with a query that may attend to no key; the policies of PyTorch, JAX and others have names',
  },
  {
    term: 'fill',
    meaning:
      'the value that a policy writes into a masked score, or adds to it: -inf, or a large negative number',
  },
  {
    term: 'row guard',
    meaning: 'what a policy does with a query that may attend to no key: nothing, zeros, itself, every key',
  },
  {
    term: 'fully masked row',
    meaning: 'a query of which every key is masked; its softmax is 0 / 0 unless a row guard is there',
  },
  { term: 'eager', meaning: 'attention written out as single operations' },
  { term: 'sdpa', meaning: 'scaled dot-product attention: the same as one fused step, as PyTorch has it' },
  { term: 'op', written: /\bops?\b/, meaning: 'one call of a kernel, such as the third Exp of layer 0' },
  { term: 'kernel', written: /\bkernels?\b/, meaning: 'the code of one operation on one device' },
  {
    term: 'class',
    written: /\bclass(es)?\b/,
    meaning: 'what kind of value a number is: finite, NaN, +inf or -inf; compared before any difference',
  },
  {
    term: 'origin',
    meaning: 'the first op that brings in a value that is not finite and not meant to be there',
  },
  {
    term: 'mechanism',
    meaning: 'how such a value came about, as the evidence shows: fully masked row, overflow, 0 / 0',
  },
  {
    term: 'gen',
    meaning: 'an op whose output holds a NaN or an infinity that none of its inputs held: born here',
  },
  { term: 'prop', meaning: 'an op that passes on what came in' },
  {
    term: 'kill',
    written: /\bkill(s|ed)?\b/,
    meaning: 'an op that is given a NaN or an infinity and gives finite values only',
  },
  {
    term: 'laundered',
    written: /\blaundered\b/,
    meaning:
      'hidden: an op gave an ordinary number for a NaN or an infinity, so that nothing further on shows it',
  },
  {
    term: 'intended',
    meaning: "an infinity that is meant to be there, such as a mask's -inf; a NaN never is",
  },
  { term: 'cascade', meaning: 'how a NaN or an infinity spreads, op by op, from its origin to the loss' },
  { term: 'tap', written: /\btaps?\b/, meaning: 'a place in the model whose output is watched' },
  { term: 'observer', meaning: 'the check that watching changed no bit of a result' },
  {
    term: 'replay',
    written: /\breplay(s|ed)?\b/i,
    meaning:
      'a second evaluation: of a batch, to see whether a device repeats itself; of one op, with the inputs of the other device',
  },
  {
    term: 'own',
    written: /· own\b|\bown:/,
    meaning: 'of an op: it differs although its inputs are equal, so that it adds the difference',
  },
  { term: 'inherited', meaning: 'of an op: it differs because its inputs do' },
  {
    term: 'rtol needed',
    meaning: 'the smallest relative tolerance with which the comparison would have passed',
  },
  { term: 'ulp', meaning: 'the distance from one float32 number to the next' },
  {
    term: 'leak',
    written: /\bleaks?\b/,
    meaning: 'a position that sees a later token, and so the answer that it should predict',
  },
  { term: 'held', meaning: 'of a reduction: what every smaller case had to show as the run does' },
  {
    term: 'neighbour',
    meaning: 'of a reduction: a case one step away from the smallest, which does not show the fault',
  },
  {
    term: 'cell',
    written: /\bcells?\b/,
    meaning: 'of a matrix: one combination of conditions, run once; of a mask: one query and one key',
  },
  { term: 'oracle', meaning: 'a float64 evaluation of the definition, which says what should come out' },
];

/** The terms that a text uses. */
export const termsIn = (text: string): readonly Term[] =>
  glossary.filter(({ term, written }) => (written ?? new RegExp(`\\b${term}\\b`)).test(text));

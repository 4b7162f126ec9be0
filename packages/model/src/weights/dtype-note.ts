/** How the weights are stored against how they are computed, where the two differ. Words for a report. */
import type { JsonObject } from '../causal-lm.ts';

const names: Readonly<Record<string, string>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
};
const words = Object.fromEntries(Object.entries(names).map(([word, name]) => [name, word]));

/** How transformers 5 would compute by default: as config.json says, else as the weights are stored. */
export function dtypeNote(
  { dtype, torch_dtype: earlier }: JsonObject,
  storedAs: readonly string[],
): string | undefined {
  const asked = [dtype, earlier].find((name): name is string => typeof name === 'string');
  const named = asked?.replace(/^torch\./, '');
  const computed = named ?? words[storedAs[0] ?? 'F32'];
  const stored = storedAs.every((name) => name === 'F32') ? undefined : storedAs.join(' and ');
  if (stored === undefined && (computed === undefined || computed === 'float32')) return undefined;
  const rounded = storedAs.includes('F64') ? 'rounded to float32' : 'exact in float32';
  const here = `the weights are stored as ${(stored ?? 'F32').replaceAll(',', ' and ')}${stored ? `, ${rounded},` : ''} and computed in float32`;
  if (computed === undefined || computed === 'float32') return here;
  return `${here}; transformers 5 computes in ${computed} unless told dtype=torch.float32, and comes to another loss`;
}

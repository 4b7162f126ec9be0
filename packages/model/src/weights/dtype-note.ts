/** How the weights are stored against how they are computed, where the two differ. Words for a report. */
import type { ComputeDtype } from '@nanscope/attention';
import type { JsonObject } from '../causal-lm.ts';
import { dtypeName } from '../dtype.ts';

const names: Readonly<Record<string, string>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
};
const words = Object.fromEntries(Object.entries(names).map(([word, name]) => [name, word]));

/** What a 16-bit model does with its weights. */
function halfNote(storedAs: readonly string[], computed: string): string {
  const [stored] = storedAs.length === 1 ? storedAs : [undefined];
  const rounded = stored !== undefined && words[stored] === computed ? '' : ' are rounded to it, and';
  return `the weights, stored as ${storedAs.join(' and ')},${rounded} computed in ${computed}: the result of each op is rounded to it, and products are summed in float32`;
}

/** How transformers 5 would compute by default: as config.json says, else as the weights are stored. */
export function dtypeNote(
  { dtype: today, torch_dtype: earlier }: JsonObject,
  storedAs: readonly string[],
  dtype: ComputeDtype = 'f32',
): string | undefined {
  if (dtype !== 'f32') return halfNote(storedAs, dtypeName(dtype));
  const asked = [today, earlier].find((name): name is string => typeof name === 'string');
  const named = asked?.replace(/^torch\./, '');
  const computed = named ?? words[storedAs[0] ?? 'F32'];
  const stored = storedAs.every((name) => name === 'F32') ? undefined : storedAs.join(' and ');
  if (stored === undefined && (computed === undefined || computed === 'float32')) return undefined;
  const rounded = storedAs.includes('F64') ? 'rounded to float32' : 'exact in float32';
  const here = `the weights are stored as ${(stored ?? 'F32').replaceAll(',', ' and ')}${stored ? `, ${rounded},` : ''} and computed in float32`;
  if (computed === undefined || computed === 'float32') return here;
  return `${here}; transformers 5 computes in ${computed} unless told dtype=torch.float32, and comes to another loss, as --dtype ${computed === 'float16' ? 'f16' : 'bf16'} does here`;
}

/**
 * The batches of an independent GPT-2 reference, rebuilt from their unpadded rows. The data lies beside the
 * repository, not in it; where it is missing the tests are skipped, and their title says so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { collateCausalLM, type TokenRow } from './index.ts';
import { vectorPath } from './testing/vectors.ts';

const folder = vectorPath('gpt2-ref/');
const present = existsSync(`${folder}inputs.plain.safetensors`);
const reason = present ? '' : ` (skipped: no vectors at ${folder})`;

describe.skipIf(!present)(`batches of the GPT-2 reference${reason}`, () => {
  it.each(['plain', 'leftpad', 'rightpad', 'leftpad_first_real_ignored', 'leftpad_one_row_all_pad'])(
    '%s',
    (name) => {
      const recorded = readInt64s(`${folder}inputs.${name}.safetensors`);
      const batch = collateCausalLM(unpadded(recorded.input_ids!, recorded.attention_mask!), {
        padTokenId: 0,
        vocabSize: 97,
        paddingSide: name === 'rightpad' ? 'right' : 'left',
        labelsFrom: 'mask',
        ignoreFirstToken: name === 'leftpad_first_real_ignored',
      });
      expect(Array.from(batch.inputIds)).toEqual(recorded.input_ids!.flat());
      expect(Array.from(batch.attentionMask)).toEqual(recorded.attention_mask!.flat());
      expect(Array.from(batch.labels)).toEqual(recorded.labels!.flat());
      expect(Array.from(batch.positionIds)).toEqual(recorded.position_ids!.flat());
    },
  );
});

/** The real tokens of each row; a row without any keeps its pads, hidden by a mask of its own. */
function unpadded(ids: number[][], masks: number[][]): TokenRow[] {
  return ids.map((row, index) => {
    const mask = masks[index]!;
    const real = row.filter((_, column) => mask[column] === 1);
    return real.length > 0 ? { ids: real } : { ids: row, attentionMask: mask };
  });
}

/** The matrices of a safetensors file that holds nothing but int64 ones. */
function readInt64s(path: string): Record<string, number[][]> {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { shape: [number, number]; data_offsets: [number, number] }
  >;
  return Object.fromEntries(
    Object.entries(header).map(([name, { shape, data_offsets }]) => {
      const at = (row: number, column: number) => start + data_offsets[0] + 8 * (row * shape[1] + column);
      const matrix = Array.from({ length: shape[0] }, (_, row) =>
        Array.from({ length: shape[1] }, (_, column) => Number(bytes.readBigInt64LE(at(row, column)))),
      );
      return [name, matrix];
    }),
  );
}

/**
 * GPT-2's own vocabulary against ids recorded by other projects. The data lies beside the repository, not in
 * it; where it is missing the tests are skipped, and their title says so.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenizerJsonFromGpt2Files } from './gpt2-files.ts';
import type { Tokenizer } from './index.ts';
import { diskFolder, loadTokenizer } from './load-tokenizer.ts';
import { vectorPath } from './testing/vectors.ts';

const vectors = vectorPath();
const present = existsSync(join(vectors, 'tokenizer/gpt2_pairs.json'));
const reason = present ? '' : ` (skipped: no vectors at ${vectors})`;

interface Pair {
  text: string;
  ids: number[];
}

describe.skipIf(!present).each(['vocab.json + merges.txt', 'tokenizer.json'])(
  `GPT-2 from %s${reason}`,
  (form) => {
    let tokenizer: Tokenizer;
    let folder: string | undefined;
    beforeAll(async () => {
      const gpt2 = join(vectors, 'data/gpt2');
      if (form === 'tokenizer.json') {
        folder = mkdtempSync(join(tmpdir(), 'nanscope-gpt2-'));
        writeFileSync(
          join(folder, 'tokenizer.json'),
          JSON.stringify(await tokenizerJsonFromGpt2Files(diskFolder(gpt2), {})),
        );
      }
      tokenizer = await loadTokenizer(folder ?? gpt2);
    });
    afterAll(() => folder && rmSync(folder, { recursive: true, force: true }));

    it('encodes every recorded text to its ids, and back', () => {
      const { pairs } = JSON.parse(readFileSync(join(vectors, 'tokenizer/gpt2_pairs.json'), 'utf8')) as {
        pairs: Pair[];
      };
      expect(pairs.length).toBeGreaterThan(20);
      for (const { text, ids } of pairs) {
        expect(tokenizer.encode(text), text).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(text);
      }
      expect(tokenizer.vocabSize).toBe(50257);
    });

    it('encodes the two parts of tinyshakespeare to 301,966 and 36,059 ids, each the recorded one', () => {
      const text = readFileSync(join(vectors, 'data/tinyshakespeare.txt'), 'utf8');
      const cut = Math.floor(text.length * 0.9);
      for (const [part, name, count] of [
        [text.slice(0, cut), 'train', 301_966],
        [text.slice(cut), 'val', 36_059],
      ] as const) {
        const bytes = readFileSync(join(vectors, `data/tinyshakespeare_gpt2/${name}.uint16.bin`));
        const ids = Uint16Array.from(tokenizer.encode(part));
        expect(ids.length).toBe(count);
        expect(Buffer.from(ids.buffer).equals(bytes)).toBe(true);
        expect(tokenizer.decode(ids)).toBe(part);
      }
    });
  },
);

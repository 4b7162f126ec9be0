import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { lane } from '../../../../test/fixtures/records/lanes.ts';
import { compareLaneFolders } from './compare-folders.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-compare-'));
afterAll(() => rmSync(base, { recursive: true }));

/** A model folder of which only the tokenizer is there: words with ids from 447, none of which is a byte. */
function modelFolder(): string {
  const folder = join(base, 'model');
  mkdirSync(folder, { recursive: true });
  const vocab = { zero: 447, one: 448, two: 449 };
  const model = { type: 'WordLevel', vocab, unk_token: 'zero' };
  writeFileSync(
    join(folder, 'tokenizer.json'),
    JSON.stringify({ model, pre_tokenizer: { type: 'Whitespace' } }),
  );
  return folder;
}

/** A lane folder with one row whose only label is `label`. */
function laneFolder(name: string, model: string, label: number, loss: number): string {
  const folder = join(base, name);
  mkdirSync(folder, { recursive: true });
  const record = lane({ config: { model }, model: { ...lane().model, name: model, vocabulary: 600 } });
  const sample = {
    row: 0,
    tokens: 2,
    first: 0,
    positions: [1],
    labels: [label],
    losses: [loss],
    answers: [0],
  };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(record));
  writeFileSync(join(folder, 'samples.jsonl'), `${JSON.stringify(sample)}\n`);
  return folder;
}

const texts = async (model: string, label: number) => {
  const folders = [1, 2].map((loss) => laneFolder(`lane${loss}`, model, label, loss));
  const comparison = await compareLaneFolders(folders[0]!, folders[1]!, { rtol: 1e-4, atol: 0 });
  return comparison!.labels.differing.map(({ text }) => text);
};

it("a label that differs is shown by the model folder's own tokenizer", async () => {
  expect(await texts(modelFolder(), 449)).toEqual(['two']);
});

it('a label that no tokenizer knows is shown as its id, and the comparison stands', async () => {
  expect(await texts(modelFolder(), 599)).toEqual(['<599>']);
  expect(await texts(join(base, 'moved away'), 449)).toEqual(['<449>']);
});

import type { SampleLine } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { CommonLabels, compareLabels } from './compare-labels.ts';

/** One row with a label at each of `positions`; the first real token is at `first`. */
function line(first: number, positions: number[], losses: SampleLine['losses'], row = 0): SampleLine {
  const labels = positions.map((position) => 100 + position - first);
  return { row, tokens: 4, first, positions, labels, losses, answers: positions.map(() => 1) };
}

async function* stream(...lines: SampleLine[]) {
  yield* lines;
}

const compare = (target: SampleLine[], reference: SampleLine[]) =>
  compareLabels(stream(...target), stream(...reference), { rtol: 1e-4, atol: 0 }, (label) => `<${label}>`);

describe('compareLabels', () => {
  it('finds nothing in equal runs', async () => {
    const row = line(2, [2, 3, 4], [1, 2, 3]);
    expect(await compare([row], [row])).toEqual({
      compared: 3,
      unpaired: 0,
      differing: [],
      differingCut: 0,
      requiredRtol: 0,
    });
  });

  it('names the place and the token of a label that differs', async () => {
    const result = await compare([line(2, [2, 3], [1.5, 2])], [line(2, [2, 3], [1, 2])]);
    expect(result.requiredRtol).toBeCloseTo(0.5, 12);
    expect(result.differing).toEqual([
      {
        row: 0,
        position: 2,
        label: 100,
        text: '<100>',
        what: 'first real token, predicted from the last pad',
        reference: 1,
        target: 1.5,
      },
    ]);
  });

  it('NaN against a number differs, NaN against NaN does not', async () => {
    const result = await compare([line(0, [1, 2], ['NaN', 'NaN'])], [line(0, [1, 2], ['NaN', 3])]);
    expect(result).toMatchObject({ compared: 2, requiredRtol: 'Infinity' });
    expect(result.differing).toMatchObject([{ position: 2, reference: 3, target: 'NaN' }]);
  });

  it('pairs labels by token, whatever side the padding is on', async () => {
    const result = await compare([line(3, [4, 5], [1, 2])], [line(0, [1, 2], [1, 2])]);
    expect(result).toMatchObject({ compared: 2, unpaired: 0, differing: [] });
  });

  it('counts labels and rows that one side lacks', async () => {
    const long = line(0, [1, 2, 3], [1, 2, 3]);
    const short = line(0, [1, 2], [1, 2]);
    expect(await compare([long], [short])).toMatchObject({ compared: 2, unpaired: 1 });
    expect(await compare([short], [long])).toMatchObject({ compared: 2, unpaired: 1 });
    expect(await compare([short, short], [short])).toMatchObject({ compared: 2, unpaired: 1 });
    expect(await compare([], [short])).toMatchObject({ compared: 0, unpaired: 1 });
  });

  it('compares no label of rows that hold other text, even where a token is the same by chance', async () => {
    const row = line(0, [1, 2, 3], [1, 2, 3]);
    const other = { ...row, labels: [7, ...row.labels.slice(1)] };
    expect(await compare([row], [other])).toMatchObject({ compared: 0, unpaired: 6, differing: [] });
    const common = new CommonLabels();
    const [same, third] = [line(0, [1, 2], [1, 2], 1), { ...other, row: 2 }];
    await compareLabels(
      stream(row, same, { ...row, row: 2 }),
      stream(row, same, third),
      { rtol: 0, atol: 0 },
      String,
      common,
    );
    expect([...common.otherRows]).toEqual([2]);
  });

  it('pairs rows by their number', async () => {
    const rows = [0, 1, 2, 3].map((row) => line(0, [1, 2], [row + 1, row + 2], row));
    const result = await compare(rows, [rows[1]!, rows[3]!]);
    expect(result).toMatchObject({ compared: 4, unpaired: 2, differing: [], requiredRtol: 0 });
  });

  it('counts the labels that are NaN on both sides: alike, not right', async () => {
    const row = line(0, [1, 2], ['NaN', 3]);
    expect(await compare([row], [row])).toMatchObject({ differing: [], sameNonFinite: 1 });
  });

  it('gives the labels that both have to the metrics', async () => {
    const common = new CommonLabels();
    const [first, second] = [line(0, [1, 2], [1, 0.1]), line(0, [1, 2], [8, 9], 1)];
    const other = { ...first, losses: [1, 0.5], answers: [first.labels[0]!, 1] };
    await compareLabels(stream(first, second), stream(other), { rtol: 0, atol: 0 }, String, common);
    expect(common.metrics.target).toMatchObject({ tokens: 2, loss: 1.1 / 2, accuracy: 0 });
    expect(common.metrics.reference).toMatchObject({ tokens: 2, loss: 0.75, accuracy: 0.5 });
    expect(common.answers).toEqual({ differing: 1, impossible: 0 });
  });

  it('knows an answer that the loss of its own lane rules out', async () => {
    const common = new CommonLabels();
    const row = line(0, [1, 2], [0.3, 0.8]);
    const right = { ...row, answers: [...row.labels] };
    await compareLabels(stream(row), stream(right), { rtol: 0, atol: 0 }, String, common);
    // Below 0.6 nats the label has more than half of the probability: only there no other token can be the answer.
    expect(common.answers).toEqual({ differing: 2, impossible: 1 });
  });

  it('bounds the list and counts what it left out', async () => {
    const positions = Array.from({ length: 60 }, (_, i) => i + 1);
    const ones = line(
      0,
      positions,
      positions.map(() => 1),
    );
    const twos = line(
      0,
      positions,
      positions.map(() => 2),
    );
    const result = await compare([ones], [twos]);
    expect(result.differing).toHaveLength(50);
    expect(result).toMatchObject({ compared: 60, differingCut: 10 });
  });
});

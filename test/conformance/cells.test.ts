/** Cells of the matrix on every backend of this machine: each shows what the float64 oracle predicts. */
import {
  type Cell,
  cellId,
  cellsOf,
  differences,
  factors,
  hash,
  kernelFacts,
  plainCell,
  predict,
  runCell,
  tinyModel,
} from '@nanscope/experiments';
import type { CausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { onEveryBackend } from './on-every-backend.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** A spread of all factors; what a software adapter runs is a tenth of that. */
const all = cellsOf({ device: ['any'], ...factors, attn: ['eager', 'sdpa'] });
const sample = (count: number) => all.filter((cell) => hash(cellId(cell)) % count === 0);

onEveryBackend(({ id, session }) => {
  const models: CausalLM[] = [];
  beforeAll(async () => {
    models.push(await tinyModel(1), await tinyModel(2));
  });
  afterAll(async () => {
    for (const model of models) model.dispose();
  });
  const observe = (cell: Cell) => runCell(cell, session(), models[Number(cell.layers) - 1]!);

  it('a spread of all factors is as predicted, and leaves no tensor behind', async () => {
    const cells = sample(id === 'webgpu' ? 2000 : 400);
    expect(cells.length).toBeGreaterThan(20);
    await observe(cells[0]!);
    const before = tf.memory().numTensors;
    const wrong: string[] = [];
    for (const cell of cells) {
      const found = differences(await observe(cell), predict(cell));
      if (found.length > 0) wrong.push(`${cellId(cell)}: ${found.join('; ')}`);
    }
    expect(wrong).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('control: the prediction of another cell is refuted', async () => {
    const cell: Cell = { ...plainCell, device: 'any', mode: 'training' };
    const observed = await observe(cell);
    expect(differences(observed, predict(cell))).toEqual([]);
    const others: Partial<Cell>[] = [
      { 'row-guard': 'zeros' },
      { keys: '1' },
      { fill: 'finfo-min' },
      { compose: 'causal-dropped' },
      { labels: 'ignore-first' },
      { layers: '2' },
      { row: '1' },
      { 'padding-side': 'right' },
      { mode: 'inference' },
    ];
    for (const other of others)
      expect(differences(observed, predict({ ...cell, ...other })), JSON.stringify(other)).not.toEqual([]);
  });

  it('a mask together with causality is the AND of both, and exp(-inf) is 0', async () => {
    const facts = await kernelFacts();
    expect(facts).toMatchObject({
      expOfMinusInfinity: 0,
      mask: { differing: 0, future: 0 },
      maskAndCausal: { eager: 'AND', sdpa: 'AND' },
    });
    expect(facts.rows.map(({ softmax }) => softmax)).toEqual(['NaN', 'finite', 'finite']);
  });
});

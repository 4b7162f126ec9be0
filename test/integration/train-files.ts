/** What a training run leaves, read by the tests of it. */
import { existsSync, readFileSync } from 'node:fs';

/** One layer of a small model. */
export const small = ['--layers', '1', '--batch-size', '4', '--max-length', '32'];

interface Line {
  readonly step: number;
  readonly loss: number | string;
  readonly gradNorm?: number | string;
}

export const lines = (folder: string, name = 'metrics.jsonl'): Line[] => {
  const path = `${folder}/target/${name}`;
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
};
export const numbers = (folder: string) =>
  lines(folder).map(({ step, loss, gradNorm }) => [step, loss, gradNorm]);
export const weights = (folder: string, step: number) =>
  readFileSync(`${folder}/target/checkpoints/step-${String(step).padStart(8, '0')}/model.safetensors`);

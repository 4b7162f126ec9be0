/** How much memory a model takes, known before a weight of it is read. */
import { totalmem } from 'node:os';
import { UserError } from '@nanscope/errors';
import type { ModelConfig } from '../causal-lm.ts';
import { parameterShapes } from '../families.ts';

export interface ModelMemory {
  readonly parameters: number;
  /** All weights as float32. */
  readonly weights: number;
  /** While loading: the weights, and the largest of them once more. */
  readonly loading: number;
}

const FLOAT32 = 4;

export function memoryOf(config: ModelConfig): ModelMemory {
  const sizes = [...parameterShapes(config).values()].map((shape) =>
    shape.reduce((product, n) => product * n, 1),
  );
  const parameters = sizes.reduce((sum, size) => sum + size, 0);
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  return { parameters, weights: FLOAT32 * parameters, loading: FLOAT32 * (parameters + largest) };
}

/** `1.21 GB`, `538 MB`, `62 kB`: powers of 1000. */
function bytesWords(bytes: number): string {
  const [size, unit] =
    bytes >= 1e9 ? [bytes / 1e9, 'GB'] : bytes >= 1e6 ? [bytes / 1e6, 'MB'] : [bytes / 1e3, 'kB'];
  return `${Number(size.toPrecision(3))} ${unit}`;
}

/** `134.5 M parameters, 538 MB as float32, 651 MB while loading`. */
export function memoryWords({ parameters, weights, loading }: ModelMemory): string {
  const count = parameters >= 1e6 ? `${(parameters / 1e6).toFixed(1)} M` : String(parameters);
  return `${count} parameters, ${bytesWords(weights)} as float32, ${bytesWords(loading)} while loading`;
}

/** What this process may take: all of the machine's memory, or what its control group leaves it. */
function machineMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/**
 * @param path of the model, for the message
 * @param limit bytes that there are
 * @throws UserError `model/memory`
 */
export function checkMemory(path: string, config: ModelConfig, limit = machineMemory()): void {
  const memory = memoryOf(config);
  if (memory.loading <= limit) return;
  throw new UserError(
    'model/memory',
    `${path}: expected a model that fits into the ${bytesWords(limit)} of memory of this machine, found ${memoryWords(memory)}. Choose a smaller model, or a machine with more memory.`,
  );
}

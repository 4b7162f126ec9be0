/** What dropout draws, as plain data: which elements of a tensor fall, from the random stream of its site and step. */
import { type PhiloxStream, philoxFill, philoxStream, type RandomStream } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

/** Where the last axis of a tensor lies in the wider tensor whose elements the random numbers belong to. */
export interface Columns {
  readonly start: number;
  /** Length of the wider tensor's last axis. */
  readonly total: number;
}

/** One attribute: tfjs hands it to the gradient as it is. */
export interface DropoutAttrs {
  readonly stream: RandomStream;
  readonly rate: number;
  readonly columns: Columns;
}

/** What a device needs to know: an element is dropped when its word is at most `last`. */
export interface DropoutPlan extends PhiloxStream {
  readonly last: number;
  /** 1 / (1 - rate) as float32. */
  readonly scale: number;
}

export function dropoutPlan({ stream, rate }: DropoutAttrs): DropoutPlan {
  return {
    ...philoxStream(stream),
    last: Math.ceil(rate * 2 ** 32) - 1,
    scale: Math.fround(1 / (1 - rate)),
  };
}

/** The factors m, row by row of the last axis. */
export function dropoutFactors(shape: readonly number[], attrs: DropoutAttrs): Float32Array<ArrayBuffer> {
  const { last, scale } = dropoutPlan(attrs);
  const { start, total } = attrs.columns;
  const width = shape.at(-1) ?? 1;
  const factors = new Float32Array(tf.util.sizeFromShape([...shape]));
  // In one go where the rows follow each other, else row by row.
  const run = width === total ? factors.length : width;
  const words = new Uint32Array(run);
  for (let at = 0, from = start; at < factors.length; at += run, from += total) {
    philoxFill(attrs.stream, from, words);
    for (let i = 0; i < run; i++) if (words[i]! > last) factors[at + i] = scale;
  }
  return factors;
}

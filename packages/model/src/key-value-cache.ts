/** The keys and values of the tokens seen so far, layer by layer, so that a new token costs one row of the model. */
import * as tf from '@tensorflow/tfjs';

/** [B,H,S,D] each, on the active backend. */
export interface LayerCache {
  readonly key: tf.Tensor4D;
  readonly value: tf.Tensor4D;
}

export class KeyValueCache {
  readonly layers: readonly LayerCache[];

  constructor(layers: readonly LayerCache[]) {
    this.layers = layers;
  }

  /** S, the positions that are cached. */
  get length(): number {
    return this.layers[0]?.key.shape[2] ?? 0;
  }

  /** A cache of some of the rows, in the given order; this one stays as it is. */
  rows(indices: readonly number[]): KeyValueCache {
    const chosen = tf.tensor1d([...indices], 'int32');
    try {
      return new KeyValueCache(
        this.layers.map(({ key, value }) => ({
          key: tf.gather(key, chosen),
          value: tf.gather(value, chosen),
        })),
      );
    } finally {
      chosen.dispose();
    }
  }

  dispose(): void {
    for (const { key, value } of this.layers) tf.dispose([key, value]);
  }
}

/** A cache in the making: each layer of a forward pass adds its own, behind what an earlier pass left. */
export class CacheExtension {
  readonly #past: KeyValueCache | undefined;
  readonly #layers: LayerCache[] = [];

  constructor(past: KeyValueCache | undefined) {
    this.#past = past;
  }

  get pastLength(): number {
    return this.#past?.length ?? 0;
  }

  /** @returns All keys and values of the layer, [B,H,S,D]; they outlive the tidies of the forward pass. */
  add(index: number, newKeys: tf.Tensor4D, newValues: tf.Tensor4D): readonly [tf.Tensor4D, tf.Tensor4D] {
    const past = this.#past?.layers[index];
    const join = (before: tf.Tensor4D | undefined, after: tf.Tensor4D) =>
      tf.keep(before ? (tf.concat([before, after], 2) as tf.Tensor4D) : after);
    const [key, value] = tf.tidy(
      'cache',
      () => [join(past?.key, newKeys), join(past?.value, newValues)] as const as [tf.Tensor4D, tf.Tensor4D],
    );
    this.#layers.push({ key, value });
    return [key, value];
  }

  /** A cache of the layers added so far. */
  get cache(): KeyValueCache {
    return new KeyValueCache(this.#layers);
  }
}

/** Where the elements lie that an element of an output is made of: broadcasting, reduced axes, matrices. Row-major. */

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** The element of an input of shape `from` that a broadcast to `to` puts at `index`. */
export function broadcastPlace(index: number, to: readonly number[], from: readonly number[]): number {
  if (from.length === to.length && from.every((length, axis) => length === to[axis])) return index;
  const strides = stridesOf(from);
  let rest = index;
  let place = 0;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const at = rest % to[axis]!;
    rest = Math.floor(rest / to[axis]!);
    const own = axis - (to.length - from.length);
    if (own >= 0 && from[own] !== 1) place += at * strides[own]!;
  }
  return place;
}

/** The places that a reduction over `axes` adds up, for the element `index` of what is left. */
export function reducedPlaces(index: number, shape: readonly number[], axes: readonly number[]): number[] {
  const strides = stridesOf(shape);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  let start = 0;
  let rest = index;
  for (const axis of kept.reverse()) {
    start += (rest % shape[axis]!) * strides[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return axes.reduce<number[]>(
    (places, axis) =>
      places.flatMap((place) => Array.from({ length: shape[axis]! }, (_, i) => place + i * strides[axis]!)),
    [start],
  );
}

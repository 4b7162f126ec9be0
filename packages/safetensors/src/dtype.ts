/** The element types of the safetensors format and their sizes. Conversions live in convert.ts. */

const sizes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;

/** A dtype as the header spells it. */
export type Dtype = keyof typeof sizes;

/** Every dtype that can be read and written, in the order messages list them. */
export const dtypes = Object.keys(sizes) as readonly Dtype[];

export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(sizes, name);
}

/** Bytes of one element. */
export function dtypeBytes(dtype: Dtype): number {
  return sizes[dtype];
}

/** Which indices of each axis of GPT-2's weights a cut keeps. Its channels are those of its heads, side by side. */
import type { Cut } from '../family.ts';
import type { Gpt2Settings } from './config.ts';

type Axis = 'vocabulary' | 'positions' | 'channels' | 'qkv' | 'units';

/** What the axes of a parameter count, by the end of its name; every other is a vector over the channels. */
const axes: readonly (readonly [string, readonly Axis[]])[] = [
  ['wte.weight', ['vocabulary', 'channels']],
  ['lm_head.weight', ['vocabulary', 'channels']],
  ['wpe.weight', ['positions', 'channels']],
  ['attn.c_attn.weight', ['channels', 'qkv']],
  ['attn.c_attn.bias', ['qkv']],
  ['attn.c_proj.weight', ['channels', 'channels']],
  ['mlp.c_fc.weight', ['channels', 'units']],
  ['mlp.c_fc.bias', ['units']],
  ['mlp.c_proj.weight', ['units', 'channels']],
];

const axesOf = (name: string): readonly Axis[] =>
  axes.find(([end]) => name.endsWith(end))?.[1] ?? ['channels'];

/** Indices that are kept along each axis of a parameter. */
export function keptAxes({ n_embd: C, n_head: H }: Gpt2Settings, cut: Cut, name: string) {
  const channels = cut.heads.flatMap((head) => (cut.dims ?? []).map((dim) => head * (C / H) + dim));
  const kept: Record<Axis, () => readonly number[]> = {
    vocabulary: () => cut.vocabulary,
    positions: () => cut.positions ?? [],
    units: () => cut.units,
    channels: () => channels,
    qkv: () => [0, 1, 2].flatMap((part) => channels.map((channel) => part * C + channel)),
  };
  return axesOf(name).map((axis) => kept[axis]());
}

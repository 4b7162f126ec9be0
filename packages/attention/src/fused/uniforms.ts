/** The uniforms of the fused kernels: their declaration and their data, which must agree in order. */
import type { Problem } from './problem.ts';

const words = [
  'heads',
  'keyHeads',
  'queries',
  'keys',
  'headSize',
  'valueSize',
  'causal',
  'offset',
  'window',
  'padded',
  'explicitKind',
  'guard',
  'selects',
  'even',
  'leaves',
  'separate',
  'twice',
  'skip',
  'clear',
  'keyBits',
  'needsLive',
  'tiles',
  'groups',
  'liveBatchStep',
  'liveHeadStep',
  'liveHeads',
  'zero',
  'roundsScores',
] as const;

export const uniformDeclaration = `fill : vec4<f32>, explicitStep : vec4<i32>, ${words.map((word) => `${word} : i32, `).join('')}queryScale : f32, productScale : f32, softcap : f32, minusInfinity : f32,`;

/** How a dispatch is laid over the problem. */
export interface Layout {
  /** Tiles per head. */
  readonly tiles: number;
  readonly groups: number;
}

/** Shape `[B|1, H|1, T]` of the live queries. */
export type LiveShape = readonly [number, number, number];

/** -inf travels as data: a constant that is not finite does not compile. */
export function uniformData(problem: Problem, layout: Layout, live: LiveShape) {
  const numbers: Record<(typeof words)[number], number | boolean> = {
    ...problem,
    ...layout,
    selects: problem.select,
    // Where keys are cleared the buffer Padding holds two bits: 1 allowed, 2 seen by some query.
    keyBits: problem.clear ? 1 : -1,
    liveBatchStep: live[0] === 1 ? 0 : live[1] * live[2],
    liveHeads: live[1],
    zero: 0,
    liveHeadStep: live[1] === 1 ? 0 : live[2],
  };
  return [
    { type: 'float32', data: [...problem.fill] },
    { type: 'int32', data: [...problem.explicitStep] },
    ...words.map((word) => ({ type: 'int32', data: [Number(numbers[word])] })),
    ...[problem.queryScale, problem.productScale, problem.attrs.softcap ?? 0, Number.NEGATIVE_INFINITY].map(
      (value) => ({
        type: 'float32',
        data: [value],
      }),
    ),
  ];
}

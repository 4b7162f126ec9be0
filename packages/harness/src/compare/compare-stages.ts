/**
 * Two lanes of different engines, stage by stage: what enters the first block, each block's attention and its output, the
 * final norm. Their ops have no names in common, the stages of a model have. Classes alone are compared here; the losses of
 * every label are, by class and by number, elsewhere. Pure.
 */
import type { BatchTrace } from '@nanscope/cascade';
import type { CascadeRow, ComparisonRecord, LaneRecord } from '@nanscope/record';

/** A stage of a traced batch, as the op that computes it last shows it. */
export interface Stage {
  /** `embeddings`, `h.0 attention`, `h.0`, `ln_f`. */
  readonly name: string;
  readonly size: number;
  readonly nan: number;
  readonly inf: number;
}

/** The number of a block in the first part of a path: `transformer.h.3`, `model.layers.3`. */
const blockOf = (path: string): string | undefined => /\.(\d+)$/.exec(path.split('/', 1)[0]!)?.[1];

const isAttention = (path: string): boolean => /^(attn|self_attn|attention)$/.test(path.split('/')[1] ?? '');

/**
 * The stages in the order in which they are computed. The residual stream is where a trace shows rows: before the first block
 * it is the embeddings, behind the last one the final norm.
 */
export function stagesOf({ records }: Pick<BatchTrace, 'records'>): Stage[] {
  const stages = new Map<string, Stage>();
  let inBlocks = false;
  for (const { path, phase, shape, health, rows } of records) {
    if (phase !== 'forward' || !health) continue;
    const block = blockOf(path);
    if (block !== undefined) inBlocks = true;
    const attention = block !== undefined && isAttention(path);
    if (rows === undefined && !attention) continue;
    const name = block !== undefined ? `h.${block}` : inBlocks ? 'ln_f' : 'embeddings';
    const stage = attention ? `${name} attention` : name;
    stages.delete(stage); // The last op of a stage is the stage, in its own place.
    const size = shape.reduce((product, length) => product * length, 1);
    stages.set(stage, { name: stage, size, nan: health.nan, inf: health.posInf + health.negInf });
  }
  return [...stages.values()];
}

type Pair = readonly [target: Stage, reference: Stage];

/** Stages that both have, in the order of the target. Of another size they are not the same thing. */
function pairsOf(target: readonly Stage[], reference: readonly Stage[]): Pair[] {
  const others = new Map(reference.map((stage) => [stage.name, stage]));
  return target.flatMap((stage): Pair[] => {
    const other = others.get(stage.name);
    return other?.size === stage.size ? [[stage, other]] : [];
  });
}

const differs = ([target, reference]: Pair): boolean =>
  target.nan !== reference.nan || target.inf !== reference.inf;

const isBroken = ({ nan, inf }: Stage): boolean => nan + inf > 0;

const cellOf = (stage: Stage): NonNullable<CascadeRow['target']> => ({
  class: isBroken(stage) ? 'prop' : 'clean',
  ...{ nan: stage.nan, inf: stage.inf, size: stage.size },
});

/** A stage is shown where either lane has something in it. */
function stageRow([target, reference]: Pair): CascadeRow[] {
  if (!isBroken(target) && !isBroken(reference)) return [];
  const [layer, ...rest] = target.name.split(' ');
  return [
    {
      ...{ key: target.name, layer: layer!, op: rest.join(' ') || 'output' },
      ...{ target: cellOf(target), reference: cellOf(reference) },
      diverges: differs([target, reference]),
    },
  ];
}

/** The op in which a lane's own NaN is born, which the other lane has no op to set beside. */
function originRow(role: 'target' | 'reference', { cascade }: Traced): CascadeRow[] {
  const origin = cascade?.origin;
  const event = cascade?.events.find(({ key }) => key === origin?.key);
  if (!origin || !event) return [];
  const { nan, posInf, negInf, shape, kernel } = event;
  const size = shape.reduce((product, length) => product * length, 1);
  const cell = { class: event.class, nan, inf: posInf + negInf, size };
  return [
    {
      ...{ key: origin.key, layer: event.path.split('/', 1)[0]!, op: kernel },
      ...{ [role]: cell, origin: role, diverges: false },
    },
  ];
}

/** Alignments of stages of the batches that both have, the one with the first difference first. */
function alignAll(targets: Traces, references: Traces): { readonly batch: number; readonly pairs: Pair[] }[] {
  const both = [...targets.keys()].filter((batch) => references.has(batch)).sort((a, b) => a - b);
  const all = both.map((batch) => ({
    batch,
    pairs: pairsOf(stagesOf(targets.get(batch)!), stagesOf(references.get(batch)!)),
  }));
  const differing = all.filter(({ pairs }) => pairs.some(differs));
  return [...differing, ...all.filter(({ pairs }) => !pairs.some(differs))];
}

type Traced = Pick<LaneRecord, 'cascade'>;
type Traces = ReadonlyMap<number, BatchTrace>;

export function compareStages(
  target: Traced,
  reference: Traced,
  targetTraces: Traces,
  referenceTraces: Traces,
): Pick<ComparisonRecord, 'ops' | 'cascade'> {
  const [worst] = alignAll(targetTraces, referenceTraces);
  const pairs = worst?.pairs ?? [];
  const apart = pairs.filter(differs);
  const [first] = apart;
  return {
    ops: {
      ...{ aligned: pairs.length, onlyTarget: 0, onlyReference: 0, divergent: apart.length },
      ...(worst &&
        first && {
          batch: worst.batch,
          firstDivergence: first[0].name,
          divergence: {
            label: 'classes differ',
            reason: `stage by stage: ${first[0].nan} NaN and ${first[0].inf} infinite of ${first[0].size} on the target, ${first[1].nan} and ${first[1].inf} on the reference`,
          },
        }),
    },
    cascade: [
      ...originRow('target', target),
      ...originRow('reference', reference),
      ...pairs.flatMap(stageRow),
    ],
  };
}

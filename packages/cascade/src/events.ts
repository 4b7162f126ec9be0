/** The rows of a cascade table: one per record that is not clean, bounded, with what was cut counted. */
import type { Judgement, OpClass } from './judge/classify.ts';
import type { BatchTrace } from './types.ts';

export interface CascadeEvent {
  readonly batch: number;
  readonly key: string;
  readonly phase: string;
  readonly path: string;
  readonly kernel: string;
  readonly class: OpClass;
  readonly shape: number[];
  readonly nan: number;
  readonly posInf: number;
  readonly negInf: number;
  /** Of a prop of infinities: a NaN that went in as well ended here. */
  readonly ended?: 'NaN';
  readonly benign?: string;
}

/**
 * Aliases (a reshape of what was listed already) are left out.
 *
 * @param limit keeps the first events, so the origin is never cut by a later flood
 */
export function cascadeEvents(
  trace: BatchTrace,
  judgements: readonly Judgement[],
  limit = Number.POSITIVE_INFINITY,
): { readonly events: CascadeEvent[]; readonly cut: number } {
  const all = trace.records.flatMap((record, i): CascadeEvent[] => {
    const { class: found, ended, benign } = judgements[i]!;
    if (found === 'clean' || record.alias) return [];
    const { nan = 0, posInf = 0, negInf = 0 } = record.health ?? {};
    const { key, phase, path, kernel } = record;
    return [
      {
        batch: trace.batch,
        key,
        phase,
        path,
        kernel,
        class: found,
        shape: [...record.shape],
        nan,
        posInf,
        negInf,
        ...(ended && { ended }),
        ...(benign !== undefined && { benign }),
      },
    ];
  });
  const events = all.slice(0, limit);
  return { events, cut: all.length - events.length };
}

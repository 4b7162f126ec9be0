/**
 * Traces as lines of `health.jsonl`: a header per batch, then its ops. The first batch of a run is written
 * whole, as the list of keys that everything else is aligned by; later ones keep only what is not clean, with
 * the ops that feed it, and say that they are partial. Reading gives back traces that judge the same.
 */
import { UserError } from '@nanscope/errors';
import { classifyOps, type Judgement, type OpClass } from './judge/classify.ts';
import type { BatchTrace, InputRef, OpRecord } from './types.ts';

interface BatchLine extends Omit<BatchTrace, 'records' | 'partial' | 'cut'> {
  readonly type: 'batch';
  /** How many op lines follow. */
  readonly lines: number;
  /** How many ops the batch had. */
  readonly ops: number;
  readonly partial?: true;
  readonly cut?: number;
}

interface OpLine extends OpRecord {
  readonly type: 'op';
}

export interface LineOptions {
  /** Write every op. Default: for batch 0 only. */
  readonly whole?: boolean;
  /** Most op lines a batch may have; the rest is cut from the end, and counted. Default 5000. */
  readonly limit?: number;
}

/** The indices worth keeping: everything that is not clean, what feeds it, and the rows of a poisoned batch. */
function interesting({ records, externals }: BatchTrace): Set<number> {
  const judgements = classifyOps({ records, externals });
  const poisoned = judgements.some(({ class: found, benign }) => found !== 'clean' && benign === undefined);
  const keep = new Set<number>();
  records.forEach((record, i) => {
    if (poisoned && record.rows !== undefined) keep.add(i);
    if (judgements[i]!.class === 'clean') return;
    keep.add(i);
    for (const ref of record.inputs) if ('record' in ref) keep.add(ref.record);
  });
  return keep;
}

/** @returns lines without line ends, ready to be appended */
export function traceLines(trace: BatchTrace, options: LineOptions = {}): string[] {
  const { whole = trace.batch === 0, limit = 5000 } = options;
  const { records, externals, ...header } = trace;
  const wanted = whole ? records.map((_, i) => i) : [...interesting(trace)].sort((a, b) => a - b);
  const kept = wanted.slice(0, limit);
  const place = new Map(kept.map((index, line) => [index, line]));
  const used = new Set<string>();
  const ops = kept.map((index): OpLine => {
    const record = records[index]!;
    const inputs = record.inputs.flatMap((ref): InputRef[] => {
      if ('external' in ref) {
        used.add(ref.external);
        return [ref];
      }
      // An op that was left out is clean, so that its output is finite and judges nothing.
      const line = place.get(ref.record);
      return line === undefined ? [] : [{ name: ref.name, record: line }];
    });
    return { type: 'op', ...record, inputs };
  });
  const cut = wanted.length - kept.length + (trace.cut ?? 0);
  const batch: BatchLine = {
    type: 'batch',
    ...header,
    externals: Object.fromEntries(Object.entries(externals).filter(([name]) => used.has(name))),
    lines: kept.length,
    ops: records.length,
    ...((kept.length < records.length || trace.partial) && { partial: true as const }),
    ...(cut > 0 && { cut }),
  };
  return [batch, ...ops].map((line) => JSON.stringify(line));
}

function parseLine(text: string, number: number): BatchLine | OpLine {
  try {
    const line = JSON.parse(text);
    if (line?.type === 'batch' || line?.type === 'op') return line;
  } catch {
    // Said below, with the line's number.
  }
  throw new UserError(
    'cascade/health-line',
    `health.jsonl, line ${number}: expected an object of type "batch" or "op", found ${JSON.stringify(text.slice(0, 40))}. The file is damaged or not ours.`,
  );
}

/**
 * Reads traces back. A last batch that was cut off while being written is left out, as is an unfinished last line.
 *
 * @throws UserError `cascade/health-line` naming the line
 */
export function parseTraces(text: string): BatchTrace[] {
  const lines = text.split('\n');
  const unfinished = lines.pop();
  const parsed = lines.map((line, i) => parseLine(line, i + 1));
  if (unfinished) {
    try {
      parsed.push(parseLine(unfinished, lines.length + 1));
    } catch {
      // An interrupted write: the batch it belongs to is incomplete and dropped below.
    }
  }
  const traces: BatchTrace[] = [];
  let at = 0;
  while (at < parsed.length) {
    const head = parsed[at]!;
    if (head.type !== 'batch') {
      throw new UserError(
        'cascade/health-line',
        `health.jsonl, line ${at + 1}: expected the header of a batch, found an op. The file is damaged or not ours.`,
      );
    }
    const { type: _type, lines: count, ops: _ops, ...header } = head;
    const ops = parsed.slice(at + 1, at + 1 + count);
    at += 1 + count;
    if (ops.length < count) break;
    const records = ops.map((line, i): OpRecord => {
      if (line.type !== 'op') {
        throw new UserError(
          'cascade/health-line',
          `health.jsonl, line ${at - count + i + 1}: expected an op of batch ${header.batch}, found another batch. The file is damaged or not ours.`,
        );
      }
      const { type: _op, ...record } = line;
      return record;
    });
    traces.push({ ...header, records });
  }
  return traces;
}

// The rows of a cascade table: one per record that is not clean, bounded, with what was cut counted.

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
  /** For a prop of infinities: a NaN that went in as well ended here. */
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

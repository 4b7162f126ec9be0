/**
 * What an evaluation does by itself when its lanes diverge: opens both once more, evaluates the diverging batch again (is
 * one of them flaky?), and looks for the op that the difference comes from. Where the lanes are opened, and where their
 * records lie, is the caller's business.
 */
import { type Capture, type CapturedOp, callOf, firstMagnitudeDivergence } from '@nanscope/cascade';
import type { ShadowTask } from '@nanscope/lane';
import {
  type ComparisonRecord,
  fromJsonNumber,
  type ReplaysRecord,
  type SampleLine,
  type ShadowRecord,
  type ShadowStep,
  type Tolerance,
  toJsonNumber,
} from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import type { DecidedDevices } from '../devices/decision.ts';
import { type Role, roles } from '../lanes/run-lanes.ts';
import { LaneEnded, type ShadowLane } from './shadow-lane.ts';
import { type Lanes, shadowStep } from './step.ts';
import { inCommonNames } from './torch-lanes.ts';

// From the first divergence upwards: while an op only inherits its difference, the search goes on with what made the
// input that differs most, until an op adds a difference of its own, or nothing is left to blame.

/** Ops that are looked at; each costs a pass over the batch and a few replays on both lanes. */
const MOST_STEPS = 32;

const isOp = (capture: Capture): capture is CapturedOp => !('refused' in capture);

const notReplayable = (key: string, reason: string): ShadowStep => ({
  key,
  kernel: /([^/]+)#\d+$/.exec(key)?.[1] ?? key,
  judgement: 'not replayable',
  reason,
});

async function stepAt(key: string, lanes: Lanes, tolerance: Tolerance): Promise<ShadowStep> {
  try {
    const [target, reference] = [
      (await lanes.target.ask('capture', { calls: [key] }))[0]!,
      (await lanes.reference.ask('capture', { calls: [key] }))[0]!,
    ];
    if (!isOp(target)) return notReplayable(key, `on the target ${target.refused}`);
    if (!isOp(reference)) return notReplayable(key, `on the reference ${reference.refused}`);
    return await shadowStep(lanes, target, reference, tolerance);
  } catch (thrown) {
    if (thrown instanceof LaneEnded && thrown.outcome.status === 'interrupted') throw thrown;
    return notReplayable(key, (thrown as Error).message);
  }
}

/** Why the search ends with this step; undefined when it goes on. */
function endOf({ judgement, next }: ShadowStep): string | undefined {
  switch (judgement) {
    case 'own':
      return 'this op adds the difference';
    case 'both':
      return 'this op adds a difference of its own to one that came in';
    case 'permitted':
      return 'no op is to blame: what differs here float32 may give in one order of the sums or in another';
    case 'rounding':
      return 'no single op is to blame: differences of the size of roundings add up, or are magnified, up to here';
    case 'other ops':
      return 'the devices compute this with different ops: no kernel is to blame, their code differs';
    case 'unstable':
      return 'this op does not repeat itself';
    case 'not replayable':
      return 'this op cannot be replayed';
    case 'inherited':
      return next ? undefined : 'the inputs are equal';
  }
}

/** @param start the key of a record */
export async function searchUpwards(
  start: string,
  lanes: Lanes,
  tolerance: Tolerance,
): Promise<Pick<ShadowRecord, 'steps' | 'end'>> {
  const steps: ShadowStep[] = [];
  let key = callOf(start);
  for (;;) {
    const step = await stepAt(key, lanes, tolerance);
    steps.push(step);
    const end = endOf(step);
    if (end !== undefined) return { steps, end };
    const from = step.next!.from;
    // Only records have a call in their name; all else came from outside.
    if (callOf(from) === from)
      return { steps, end: `${from}, which no op made, differs between the devices` };
    if (steps.length === MOST_STEPS) {
      return { steps, end: `the search stopped after ${MOST_STEPS} ops, with ${from} still to look at` };
    }
    key = callOf(from);
  }
}

// Whether a lane gives the same losses when it evaluates the same batch again. Pure.

type LaneReplays = ReplaysRecord['lanes'][number];

/** Bits, as far as JSON keeps them: any NaN is a NaN, both zeros are 0. */
const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

/**
 * @param run the lines of the batch that the run wrote, in order
 * @param replays the losses of each replay, in the same order
 */
export function compareReplays(
  role: LaneReplays['role'],
  run: readonly SampleLine[],
  replays: readonly ArrayLike<number>[],
): LaneReplays {
  const labels = run.flatMap(({ row, positions, losses }) =>
    positions.map((position, i) => ({ row, position, loss: fromJsonNumber(losses[i]!) })),
  );
  const moved = new Set<number>();
  let changed = 0;
  let first: LaneReplays['first'];
  for (const losses of replays) {
    let here = losses.length !== labels.length;
    labels.forEach(({ row, position, loss }, i) => {
      const replay = losses[i] ?? Number.NaN;
      if (same(loss, replay)) return;
      here = true;
      moved.add(i);
      first ??= { row, position, run: toJsonNumber(loss), replay: toJsonNumber(replay) };
    });
    if (here) changed++;
  }
  return { role, changed, labels: moved.size, ...(first && { first }) };
}

interface Divergent {
  readonly config: EvalConfig;
  readonly policy: ShadowTask['policy'];
  readonly decided: DecidedDevices;
  readonly comparison: ComparisonRecord;
  /** The lines of samples.jsonl that a lane wrote. */
  readonly samples: (role: Role) => AsyncIterable<SampleLine>;
  /** Opens a lane for questions. */
  readonly open: (task: ShadowTask) => ShadowLane;
}

export interface Plan {
  readonly batch: number;
  /** Rows of a batch of the run. */
  readonly batchSize: number;
  readonly replays: number;
  readonly shadow: boolean;
}

/** Where every label agrees and a stage does not, an op differs by less than the tolerance of the run. */
const BELOW_LABELS = { rtol: 2e-6, atol: 1e-7 };

/** What there is to ask the lanes; undefined when they agree, are not comparable, or nothing is wanted. Pure. */
export function planOf(
  config: Pick<EvalConfig, 'batchSize' | 'loadInputs' | 'replays' | 'shadow' | 'trace'>,
  { configuration, ops, labels, stages }: ComparisonRecord,
): Plan | undefined {
  // A ready batch has as many rows as it has.
  const batchSize = config.loadInputs ? Number.POSITIVE_INFINITY : config.batchSize;
  const row = labels.differing[0]?.row;
  const byRow = row === undefined ? undefined : Math.floor(row / batchSize);
  // Stages are of the first batch, and may differ where every label agrees.
  const byStage = stages?.stages.some(({ passed }) => !passed) ? 0 : undefined;
  const batch = ops.batch ?? byRow ?? byStage;
  const shadow = config.shadow && config.trace !== 'off';
  if (configuration.length > 0 || batch === undefined || (!shadow && config.replays === 0)) return undefined;
  return { batch, batchSize, replays: config.replays, shadow };
}

/** What a lane's run wrote of one batch. */
async function linesOf(
  samples: AsyncIterable<SampleLine>,
  batch: number,
  batchSize: number,
): Promise<SampleLine[]> {
  const lines: SampleLine[] = [];
  for await (const line of samples) if (Math.floor(line.row / batchSize) === batch) lines.push(line);
  return lines;
}

async function replay(
  { samples }: Divergent,
  { batch, batchSize, replays: times }: Plan,
  lanes: Lanes,
): Promise<ReplaysRecord> {
  const compared: ReplaysRecord['lanes'] = [];
  for (const role of roles) {
    const losses = await lanes[role].ask('evaluate', { times });
    compared.push(compareReplays(role, await linesOf(samples(role), batch, batchSize), losses));
  }
  return { batch, times, lanes: compared };
}

async function search(
  { config, comparison }: Divergent,
  batch: number,
  lanes: Lanes,
): Promise<ShadowRecord | undefined> {
  const { firstDivergence } = comparison.ops;
  const { rtol, atol } = comparison.labels.differing.length > 0 ? config : BELOW_LABELS;
  if (firstDivergence !== undefined) {
    return { batch, by: 'class', ...(await searchUpwards(firstDivergence, lanes, { rtol, atol })) };
  }
  const target = await lanes.target.ask('digest', {});
  const reference = await lanes.reference.ask('digest', {});
  const first = firstMagnitudeDivergence(target, reference, { rtol, atol });
  if (!first) return undefined;
  return { batch, by: 'magnitude', ...(await searchUpwards(first.key, lanes, { rtol, atol })) };
}

/** What the first divergence means, now that its op was replayed: counts alone left it open, or held it against a kernel. */
function relabelled(ops: ComparisonRecord['ops'], { by, steps }: ShadowRecord): ComparisonRecord['ops'] {
  const { divergence } = ops;
  const [first] = steps;
  if (by !== 'class' || !divergence || !first) return ops;
  if (divergence.label !== 'undecided' && divergence.label !== 'kernel bug suspected') return ops;
  const label =
    first.judgement === 'permitted'
      ? 'permitted by float32, divergent'
      : first.judgement === 'own' || first.judgement === 'both'
        ? 'kernel bug suspected'
        : divergence.label;
  return {
    ...ops,
    divergence: { label, reason: first.judgement === 'permitted' ? first.reason : divergence.reason },
  };
}

/**
 * @returns what was found, to be added to the comparison; nothing when the lanes agree, when nothing was asked for, or
 * when a lane could not be opened again
 */
export async function investigate(
  divergent: Divergent,
  say: (what: string) => void,
  signal: AbortSignal | undefined,
): Promise<Partial<Pick<ComparisonRecord, 'replays' | 'shadow' | 'ops'>>> {
  const { config, policy, decided, comparison } = divergent;
  const plan = planOf(config, comparison);
  if (!plan || !decided.reference || signal?.aborted) return {};
  const { batch } = plan;
  const open = (role: Role) => divergent.open({ role, config, policy, decision: decided[role]!, batch });
  const opened: Lanes = { target: open('target'), reference: open('reference') };
  let replays: ReplaysRecord | undefined;
  try {
    const lanes = decided.target.torch ? await inCommonNames(opened) : opened;
    if (plan.replays > 0) {
      say(`the devices differ: evaluating batch ${batch} again`);
      replays = await replay(divergent, plan, lanes);
      if (replays.lanes.some(({ changed }) => changed > 0)) return { replays };
    }
    if (!plan.shadow) return { ...(replays && { replays }) };
    say('replaying ops with the inputs of the other device');
    const shadow = await search(divergent, batch, lanes);
    return {
      ...(replays && { replays }),
      ...(shadow && { shadow, ops: relabelled(comparison.ops, shadow) }),
    };
  } catch (thrown) {
    if (!(thrown instanceof LaneEnded)) throw thrown;
    say(`not investigated further: ${thrown.message}`);
    return { ...(replays && { replays }) };
  } finally {
    await Promise.all([opened.target.end(), opened.reference.end()]);
  }
}

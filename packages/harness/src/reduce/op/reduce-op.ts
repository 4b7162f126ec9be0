/**
 * The reduction of a run in which one kernel adds a difference of its own: the call with the smallest operands, on both devices,
 * that still shows it. Effects sit here; what is wrong and what gets smaller are in the modules it calls.
 */
import { type CapturedOp, expectedElement, MOVES, movedByOneRounding } from '@nanscope/cascade';
import { UserError } from '@nanscope/errors';
import type { Replayable } from '@nanscope/lane';
import { type OpCallRecord, type OperandRecord, type ReducedOpRecord, toJsonNumber } from '@nanscope/record';
import { policyOf } from '@nanscope/settings';
import type { Decided } from '../../devices/decision.ts';
import { LaneEnded } from '../../shadow/shadow-lane.ts';
import { startShadowLane } from '../../shadow/start-shadow-lane.ts';
import type { Lanes } from '../../shadow/step.ts';
import type { OpFault } from '../fault.ts';
import { type Answer, type Neighbour, search } from '../search/search.ts';
import { faultOfElement, type WrongElement, wrongElement } from './judge.ts';
import { opKey, opPasses } from './passes.ts';

// Asks both devices of a run for one kernel call: as the run makes it, and for smaller operands.

/** Both devices, open for questions; one that a call takes down is opened again. */
class OpLanes {
  readonly #open: () => Lanes;
  #lanes: Lanes;

  constructor(open: () => Lanes) {
    this.#open = open;
    this.#lanes = open();
  }

  /** The call with the operands that each device gives it in the run. @throws Error saying why it cannot be had */
  async operandsOf(key: string): Promise<Replayable[]> {
    const captures: CapturedOp[] = [];
    for (const lane of [this.#lanes.reference, this.#lanes.target]) {
      const capture = (await lane.ask('capture', { calls: [key] }))[0];
      if (!capture || 'refused' in capture) throw new Error(capture?.refused ?? 'the batch does not call it');
      captures.push(capture);
    }
    return captures.map(({ kernel, attrs, inputs }) => ({ kernel, attrs, inputs }));
  }

  /** @throws Error where a device refuses the call, and LaneEnded where one dies of it */
  async try(op: Replayable): Promise<WrongElement | undefined> {
    const moved = Array.from({ length: MOVES }, (_, move) => ({
      ...op,
      inputs: op.inputs.map((input) => movedByOneRounding(input, move)),
    }));
    const [target] = await this.#lanes.target.ask('replay', { ops: [op] });
    const [reference, ...around] = await this.#lanes.reference.ask('replay', { ops: [op, ...moved] });
    return wrongElement(op, target!, reference!, around);
  }

  /** What an element has to be for operands that are computed right; undefined where it is not there. */
  async expected(op: Replayable, { output, index, by }: WrongElement): Promise<WrongElement | undefined> {
    const [target] = await this.#lanes.target.ask('replay', { ops: [op] });
    const [reference] = await this.#lanes.reference.ask('replay', { ops: [op] });
    const [got, right] = [target?.[output]?.values[index], reference?.[output]?.values[index]];
    if (got === undefined || right === undefined) return undefined;
    const known = expectedElement(op, reference!, output, index);
    const expected = known ?? {
      low: Math.min(got, right),
      high: Math.max(got, right),
      nan: Number.isNaN(right),
    };
    return { output, index, got, reference: right, expected, by };
  }

  /** Whether smaller operands show the same: an element of the same class too many, or another number. */
  async answer(op: Replayable, held: WrongElement): Promise<Answer> {
    try {
      const found = await this.try(op);
      if (!found) return 'passes';
      return faultOfElement(found) === faultOfElement(held) ? 'fails' : 'other';
    } catch (thrown) {
      if (!(thrown instanceof LaneEnded)) return 'broken';
      if (thrown.outcome.status === 'interrupted') throw thrown;
      await this.close();
      this.#lanes = this.#open();
      return 'broken';
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#lanes.target.end(), this.#lanes.reference.end()]);
  }
}

interface OpHooks {
  readonly onStep: (tried: number, facts: readonly string[]) => void;
  readonly signal?: AbortSignal;
}

interface ReducedCall {
  readonly kernel: string;
  readonly attributes: ReducedOpRecord['attributes'];
  readonly from: number;
  readonly smallest: OpCallRecord;
  /** With what its element has to be. */
  readonly passing?: OpCallRecord;
  readonly search: Omit<ReducedOpRecord['search'], 'budget'>;
}

const sizeOf = ({ inputs }: Replayable): number => inputs.reduce((sum, { values }) => sum + values.length, 0);

const operands = ({ inputs }: Replayable): OperandRecord[] =>
  inputs.map(({ name, shape, dtype, values }) => ({
    ...{ name, shape: [...shape], dtype },
    values: Array.from(values, toJsonNumber),
  }));

const callRecord = (op: Replayable, { got, reference, expected, ...place }: WrongElement): OpCallRecord => ({
  operands: operands(op),
  element: {
    ...place,
    got: toJsonNumber(got),
    reference: toJsonNumber(reference),
    expected: { low: toJsonNumber(expected.low), high: toJsonNumber(expected.high), nan: expected.nan },
  },
});

const facts = ({ inputs }: Replayable): string[] =>
  inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`);

/** The neighbour with most operands among those that are computed right; then the one tried last, which is the smallest step away. */
function nearest(neighbours: readonly Neighbour<Replayable>[]): Replayable | undefined {
  const right = neighbours.flatMap(({ answer, candidate }) => (answer === 'passes' ? [candidate] : []));
  const most = Math.max(0, ...right.map(sizeOf));
  return right.filter((candidate) => sizeOf(candidate) === most).at(-1);
}

/** The operands of the run for which the device is wrong: those of the other device, or its own. */
async function failing(lanes: OpLanes, { op, batch }: OpFault): Promise<[Replayable, WrongElement]> {
  for (const call of await lanes.operandsOf(op)) {
    const wrong = await lanes.try(call);
    if (wrong) return [call, wrong];
  }
  throw new UserError(
    'reduce/not-reproduced',
    `expected ${op} in batch ${batch} to differ as in the run, found that both devices agree on it. Run the evaluation again, with the same model and data.`,
  );
}

/** @returns undefined when it was interrupted */
export async function reduceOp(
  fault: OpFault,
  decided: Decided,
  budget: number,
  { onStep, signal }: OpHooks,
): Promise<ReducedCall | undefined> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const { config } = fault;
  const policy = policyOf(config);
  const open = (role: 'target' | 'reference') =>
    startShadowLane(
      { role, config, policy, decision: decided[role]!, batch: fault.batch },
      decided.environment,
      signal,
    );
  const lanes = new OpLanes(() => ({ target: open('target'), reference: open('reference') }));
  try {
    const [whole, held] = await failing(lanes, fault);
    const result = await search(whole, {
      passes: opPasses(held.index),
      ask: (op) => lanes.answer(op, held),
      keyOf: opKey,
      mayGoOn: () => seconds() < budget && !signal?.aborted,
      onStep: (_, smaller, tried) => onStep(tried, facts(smaller)),
    });
    if (signal?.aborted) return undefined;
    const wrong = await lanes.try(result.smallest);
    if (!wrong) throw new Error(`${fault.op} does not repeat itself.`);
    const beside = nearest(result.neighbours);
    const right = beside && (await lanes.expected(beside, wrong));
    return {
      kernel: whole.kernel,
      attributes: { ...whole.attrs },
      from: sizeOf(whole),
      smallest: callRecord(result.smallest, wrong),
      ...(beside && right && { passing: callRecord(beside, right) }),
      search: { tried: result.tried, seconds: seconds(), minimal: result.minimal },
    };
  } catch (thrown) {
    if (signal?.aborted) return undefined;
    throw thrown;
  } finally {
    await lanes.close();
  }
}

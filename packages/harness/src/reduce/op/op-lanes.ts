/** Asks both devices of a run for one kernel call: as the run makes it, and for smaller operands. */
import { type CapturedOp, expectedElement, MOVES, movedByOneRounding } from '@nanscope/cascade';
import type { Replayable } from '@nanscope/lane';
import { LaneEnded } from '../../shadow/shadow-lane.ts';
import type { Lanes } from '../../shadow/step.ts';
import type { Answer } from '../search/search.ts';
import { faultOfElement, type WrongElement, wrongElement } from './judge.ts';

/** Both devices, open for questions; one that a call takes down is opened again. */
export class OpLanes {
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

/**
 * Two lanes of PyTorch that are open for questions, as two lanes that speak of the same records: one lane's keys become the names that
 * both have (`commonNames`), and what a lane computes by other calls is one op between records that both have.
 */
import { type CapturedOp, callOf, commonNames, workOf } from '@nanscope/cascade';
import type { TorchCapture, TorchCapturedOp, TorchDigest } from '@nanscope/lane';
import type { ShadowLane } from './shadow-lane.ts';
import type { Lanes } from './step.ts';

const isOp = (capture: TorchCapture): capture is TorchCapturedOp => !('refused' in capture);

const inverse = (names: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...names].map(([own, common]) => [common, own]));

/** @param names from the lane's own keys of records to those that both have */
function inNames(
  lane: ShadowLane,
  digest: readonly TorchDigest[],
  names: ReadonlyMap<string, string>,
): ShadowLane {
  const owns = inverse(names);
  const calls = new Map([...names].map(([own, common]) => [callOf(own), callOf(common)]));
  const ownCalls = inverse(calls);
  const commonOp = (capture: TorchCapturedOp): TorchCapturedOp => {
    const key = calls.get(capture.key) ?? capture.key;
    const inputs = capture.inputs.map((input) => {
      const name = names.get(input.name) ?? input.name;
      return { ...input, name, from: 'record' in input.from ? { record: name } : input.from };
    });
    inputs.sort((a, b) => (a.name < b.name ? -1 : 1));
    return {
      ...capture,
      key,
      own: capture.key,
      kernel: workOf(capture.kernel),
      attrs: { call: key },
      inputs,
    };
  };
  const ask = async (name: string, asked: never): Promise<unknown> => {
    if (name === 'digest')
      return digest.flatMap((each) => {
        const key = names.get(each.key);
        return key === undefined ? [] : [{ ...each, key }];
      });
    if (name === 'capture') {
      const wanted = (asked as { readonly calls: readonly string[] }).calls;
      const own = wanted.map((key) => ownCalls.get(key) ?? key);
      const found = await lane.ask('capture', { calls: own, shared: [...names.keys()] } as never);
      return (found as readonly TorchCapture[]).map((capture) =>
        isOp(capture) ? commonOp(capture) : capture,
      );
    }
    if (name !== 'replay') return lane.ask(name as 'evaluate', asked);
    const answers: unknown[] = [];
    // One after the other: a line that held all of them might be longer than a text may be.
    for (const op of (asked as { readonly ops: readonly CapturedOp[] }).ops) {
      const call = op.attrs.call as string;
      const inputs = op.inputs.map((input) => ({ ...input, name: owns.get(input.name) ?? input.name }));
      const own = { ...op, attrs: { call: ownCalls.get(call) ?? call }, inputs };
      answers.push(...(await lane.ask('replay', { ops: [own] })));
    }
    return answers;
  };
  return { ...lane, ask: ask as ShadowLane['ask'] };
}

/** @throws LaneEnded, and Error with a lane's reason for refusing */
export async function inCommonNames({ target, reference }: Lanes): Promise<Lanes> {
  const [own, other] = [await target.ask('digest', {}), await reference.ask('digest', {})] as [
    readonly TorchDigest[],
    readonly TorchDigest[],
  ];
  const names = commonNames(own, other);
  return {
    target: inNames(target, own, names.target),
    reference: inNames(reference, other, names.reference),
  };
}

/** From an eval run to what there is to reduce: which fault, where, under which configuration, on which devices. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { isLane, type LaneRecord, layerNumber, type ResultRecord, readRun } from '@nanscope/record';
import { type EvalConfig, evalFlags, flagNames, resolveFlags, toEvalConfig } from '@nanscope/settings';
import { type Held, heldDivergence, heldOrigin } from './held.ts';
import type { Place } from './passes.ts';

export interface Fault {
  readonly held: Held;
  readonly place: Place;
  /** Index of the batch of the run that shows it. */
  readonly batch: number;
  /** The lane that shows it. */
  readonly lane: LaneRecord;
  /** The lane it differs from; only where two devices differ. */
  readonly reference?: LaneRecord;
  /** As the run had it. */
  readonly config: EvalConfig;
}

/** A run in which one op adds a difference of its own: what is reduced is that call. */
export interface OpFault extends Pick<Fault, 'batch' | 'lane' | 'config'> {
  /** Key of the call. */
  readonly op: string;
  readonly reference: LaneRecord;
  /** The command that made the run. */
  readonly made: string;
}

export const isOpFault = (fault: Fault | OpFault): fault is OpFault => 'op' in fault;

/** What nanscope_torch.trace writes as the source of its data, and the call of its origin. */
const OWN_LOOP = "a loop of the user's";
const CALL = 'target/origin.pt';

const isOwnLoop = ({ data }: LaneRecord): boolean => data.source === OWN_LOOP;

const refuse = (run: string, found: string, help: string) =>
  new UserError(
    'reduce/nothing',
    `${run}: expected a run with a NaN or an infinity that nobody asked for, or with two devices that differ in class or by more than rounding; found ${found}. ${help}`,
  );

/** The configuration of a lane, checked as if it had been typed; that of a loop of one's own says nothing that can be run. */
function configOf(lane: LaneRecord, run: string): EvalConfig {
  const told = flagNames(evalFlags, 'output', 'place');
  const said = isOwnLoop(lane) ? [] : Object.entries(lane.config).filter(([name]) => !told.includes(name));
  const values = Object.fromEntries(said);
  return toEvalConfig(resolveFlags(evalFlags, {}, { path: join(run, 'run.json'), values }));
}

const layerIn = (key: string): { layer?: number } => {
  const layer = layerNumber(key);
  return layer === undefined ? {} : { layer };
};

/** Names of coordinates, and what of a case each of them places. */
const placed = { batch: 'row', query: 'position', position: 'position', head: 'head' } as const;

function placeOf({ key, coordinates, coordinateNames }: NonNullable<OriginOf>): Place {
  const named = coordinateNames.flatMap((name, i) =>
    name in placed ? [[placed[name as keyof typeof placed], coordinates[i]!]] : [],
  );
  return { ...layerIn(key), ...Object.fromEntries(named) };
}

/** The op that the replays hold a difference against; undefined where they were not needed, or name none. */
function opFault(run: string, { target, reference, comparison, command }: ResultRecord): OpFault | undefined {
  const { shadow } = comparison ?? {};
  const last = shadow?.steps.at(-1);
  if (!target || !reference || !shadow || !last || shadow.by === 'class') return undefined;
  if (last.judgement !== 'own' && last.judgement !== 'both') return undefined;
  return {
    op: last.key,
    batch: shadow.batch,
    lane: target,
    reference,
    config: configOf(target, run),
    made: command,
  };
}

/** Why there is nothing to reduce where only numbers differ. */
function numbersHelp({ comparison, target }: ResultRecord): string | undefined {
  const { shadow } = comparison ?? {};
  const end = shadow?.end;
  if (end !== undefined) return `The replays of its ops ended so: ${end}. There is no call to reduce.`;
  if (comparison === undefined || target?.cascade === undefined) return undefined;
  return 'Its ops were not replayed, so that none is known to add a difference: run it again with --trace health and without --no-shadow.';
}

type OriginOf = NonNullable<LaneRecord['cascade']>['origin'];

function originFault(run: string, result: ResultRecord): Fault {
  const { target, reference, verdict } = result;
  const lane = [target, reference].find((each) => each?.cascade?.origin);
  const origin = lane?.cascade?.origin;
  if (lane && origin)
    return {
      held: heldOrigin(origin),
      place: placeOf(origin),
      batch: origin.batch,
      lane,
      config: configOf(lane, run),
    };
  if (target && (!target.cascade || target.cascade.level === 'off'))
    throw refuse(run, 'a run that was not traced', 'Run it again with --trace health.');
  const help =
    verdict.code === 'numbers-differ' || verdict.code === 'kernel-bug-suspected'
      ? numbersHelp(result)
      : undefined;
  throw refuse(run, `"${verdict.sentence}"`, help ?? 'There is nothing to reduce.');
}

/**
 * A NaN or an infinity that is born in an op of PyTorch, or an op of it that gives other numbers for equal inputs than another
 * PyTorch: what is reduced is that call, by PyTorch itself.
 */
export interface TorchFaultOfRun extends Pick<Fault, 'batch' | 'lane' | 'config'> {
  readonly op: string;
  readonly kind: 'NaN' | 'Inf' | 'number';
  readonly role: 'target' | 'reference';
  /** The call itself, of a loop that nobody can run again. */
  readonly call?: string;
  /** The other lane, where that is PyTorch too: the script is tried there as well. */
  readonly other?: LaneRecord;
  readonly made: string;
  /** Where this lane alone does not show it: the same op of the other lane. */
  readonly instead?: TorchFaultOfRun;
}

/** An op that is one call in both lanes; which of them is wrong, float64 tells. */
function torchOpFault(
  run: string,
  { target, reference, comparison, command }: ResultRecord,
): TorchFaultOfRun | undefined {
  const { shadow } = comparison ?? {};
  const last = shadow?.steps.at(-1);
  if (!shadow || !last?.own || !target?.decision.torch || !reference?.decision.torch) return undefined;
  if (last.judgement !== 'own' && last.judgement !== 'both') return undefined;
  const fault = {
    kind: 'number',
    batch: shadow.batch,
    config: configOf(target, run),
    made: command,
  } as const;
  const { own } = last;
  return {
    ...{ ...fault, op: `${own.target}:0`, role: 'target', lane: target, other: reference },
    instead: { ...fault, op: `${own.reference}:0`, role: 'reference', lane: reference, other: target },
  };
}

/** What a loop of one's own left of the op in which a value is born. @throws {UserError} `reduce/nothing` with the reason where it left none */
function callOf({ cascade, decision }: LaneRecord, run: string): { readonly call?: string } {
  const call = join(run, CALL);
  if (existsSync(call)) return { call };
  const { key, mechanism } = cascade!.origin!;
  const held = mechanism.name === 'external input';
  const found = held
    ? `an op that is given what is not finite: ${mechanism.evidence}`
    : `none for ${key}: it writes over what it is given, has complex numbers, was given more than 256 MiB, or on ${decision.label} did not fail again in a later step`;
  const help = held
    ? 'Mend the weight or the input that is named.'
    : 'Evaluate the model with nanscope eval --device torch, and reduce that.';
  throw new UserError(
    'reduce/nothing',
    `${run}: expected ${held ? 'an op whose inputs are finite' : 'a call that the loop left'}, found ${found}. ${help}`,
  );
}

/** Undefined where no op of a PyTorch lane is at fault. @throws {UserError} as `faultOf` */
export function torchFaultOf(run: string): TorchFaultOfRun | undefined {
  const result = readRun(run);
  if (result.kind !== 'eval') return undefined;
  const roles = ['target', 'reference'] as const;
  const role = roles.find((each) => {
    const lane = result[each];
    return lane?.cascade?.origin && (lane.decision.torch || isOwnLoop(lane));
  });
  const lane = role && result[role];
  const origin = lane?.cascade?.origin;
  if (!role || !lane || !origin) return torchOpFault(run, result);
  const other = result[role === 'target' ? 'reference' : 'target'];
  return {
    ...{ op: origin.key, kind: origin.kind ?? 'NaN', batch: origin.batch, role, lane },
    ...(other?.decision.torch && { other }),
    ...(isOwnLoop(lane) && callOf(lane, run)),
    ...{ config: configOf(lane, run), made: result.command },
  };
}

/**
 * @param run the folder of an evaluation
 * @throws {UserError} `run-folder/*` for what is no run of an evaluation, `reduce/nothing` where it shows no fault, or one that only a
 *   lane of PyTorch shows
 */
export function faultOf(run: string): Fault | OpFault {
  const fault = shownFault(run);
  if (fault.lane.decision.torch ?? fault.reference?.decision.torch)
    throw refuse(
      run,
      'lanes of PyTorch that differ without a NaN or an infinity born in one of its ops',
      'The report names the first stage that differs; what is reduced of PyTorch is an op in which a NaN is born.',
    );
  return fault;
}

function shownFault(run: string): Fault | OpFault {
  const result = readRun(run);
  if (result.kind !== 'eval') {
    const found = isLane(result) ? 'one lane of a run' : `nanscope ${result.kind}`;
    throw new UserError(
      'run-folder/foreign',
      `${run}: expected the run folder of nanscope eval, found that of ${found}. Name the folder that eval wrote.`,
    );
  }
  const { target, reference, comparison, verdict } = result;
  if (verdict.code === 'permitted-by-float32')
    throw refuse(
      run,
      `devices that part where float32 permits it: "${verdict.sentence}"`,
      'No kernel is at fault. To reduce what reaches the edge of float32, run one device alone: --reference none.',
    );
  const { batch, firstDivergence, divergence } = comparison?.ops ?? {};
  if ([target, reference].some((lane) => lane?.cascade?.filters))
    throw refuse(
      run,
      'a run traced through --trace-filter, whose origin may lie outside of it',
      'Run it again without the filter.',
    );
  if (target && reference && batch !== undefined && firstDivergence && divergence) {
    const origin = target.cascade?.origin ?? reference.cascade?.origin;
    return {
      held: heldDivergence({ key: firstDivergence, label: divergence.label }),
      place: { ...(origin && placeOf(origin)), ...layerIn(firstDivergence) },
      batch,
      lane: target,
      reference,
      config: configOf(target, run),
    };
  }
  return opFault(run, result) ?? originFault(run, result);
}

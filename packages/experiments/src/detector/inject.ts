/** Puts one value in the place of one element of one output of one kernel call, on any backend, by ordinary tfjs ops. */
import {
  type Alter,
  type BatchContext,
  type BatchTrace,
  findOrigin,
  type MechanismName,
  type OpRecord,
} from '@nanscope/cascade';
import * as tf from '@tensorflow/tfjs';
import { hash } from '../matrix/summary.ts';

const values: Record<FaultKind, number> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  '1e30': 1e30,
};

/** The tensor with another element; takes over the memory of the one that was given. */
function withElement(info: tf.TensorInfo, index: number, value: number): tf.TensorInfo {
  return tf.tidy(() => {
    // A kernel that is composed of others gives a tensor that the engine knows already.
    const own = info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info);
    const flat = tf.reshape(own, [-1]) as tf.Tensor1D;
    const parts = [
      tf.slice(flat, 0, index),
      tf.tensor1d(Float32Array.of(value)),
      tf.slice(flat, index + 1, flat.size - index - 1),
    ];
    const altered = tf.reshape(tf.concat1d(parts.filter(({ size }) => size > 0)), info.shape);
    own.dispose();
    return altered;
  });
}

interface Injector {
  readonly alter: Alter;
  /** Counts calls from 0 again; with a target, its output is altered when it comes. */
  arm(target?: Target, kind?: FaultKind): void;
}

export function injector(): Injector {
  let calls = 0;
  let armed: { readonly target: Target; readonly kind: FaultKind } | undefined;
  return {
    arm(target, kind = 'NaN') {
      calls = 0;
      armed = target && { target, kind };
    },
    alter(outputs) {
      const mine = armed?.target.call === calls++ ? armed : undefined;
      if (!mine) return outputs;
      const { output: place, index } = mine.target;
      return outputs.map((output, i) =>
        i === place ? withElement(output, index, values[mine.kind]) : output,
      );
    },
  };
}

// Where a fault can be injected: the outputs of a clean step that can hold a NaN and are memory of their own. Pure.

export interface Target {
  /** Counts the kernel calls of the step, from 0. */
  readonly call: number;
  readonly output: number;
  /** The element that is replaced. */
  readonly index: number;
  readonly record: OpRecord;
}

export interface Targets {
  readonly targets: readonly Target[];
  /** Outputs that are their input's memory: nothing is computed there that could go wrong. */
  readonly aliases: number;
  /** int32 and bool outputs, which can hold no NaN. */
  readonly integers: number;
}

/** Whether something of this name is in the share of all that is to be tried. */
export const isInShare = (name: string, share: number): boolean => hash(name) / 2 ** 32 < share;

const callName = ({ key }: OpRecord) => key.slice(0, key.lastIndexOf(':'));

export function targetsOf({ records }: BatchTrace): Targets {
  const targets: Target[] = [];
  let call = -1;
  let aliases = 0;
  let integers = 0;
  records.forEach((record, i) => {
    const before = records[i - 1];
    if (!before || callName(before) !== callName(record)) call++;
    if (!record.health) integers++;
    else if (record.alias) aliases++;
    else targets.push({ call, output: record.output, index: hash(record.key) % record.health.size, record });
  });
  return { targets, aliases, integers };
}

// One trial of the detector: what was done, what has to be found, what was found. Plain data; scored in score.ts.

export const trialFamilies = ['injected', 'natural', 'clean'] as const;
export type TrialFamily = (typeof trialFamilies)[number];

/** What was put in the place of one element. `1e30` is finite: what it does downstream is the fault. */
export const faultKinds = ['NaN', '+Inf', '1e30'] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Expected {
  /** Key of the origin. */
  readonly key: string;
  /** Any of these is right. */
  readonly mechanisms: readonly MechanismName[];
  /** Where an infinity has to be reported to have become a NaN: at which key, and how. */
  readonly becameNaN?: { readonly key: string; readonly mechanism: MechanismName };
}

export interface Found {
  readonly key: string;
  readonly mechanism: MechanismName;
  readonly evidence: string;
  readonly becameNaN?: { readonly key: string; readonly mechanism: MechanismName };
  /** False when every descendant was killed: the op's own health shows it all the same. */
  readonly survives: boolean;
}

export interface Trial {
  readonly family: TrialFamily;
  /** `NaN at backward/Multiply#3:0`, `log of 0`, `safe, sdpa, left padding`. */
  readonly id: string;
  /** What an injected fault is counted under. */
  readonly kind?: FaultKind;
  readonly phase?: string;
  /** Absent of a clean run. */
  readonly expected?: Expected;
  /** Absent when the detector saw nothing. */
  readonly found?: Found;
  /** Why it counts neither for nor against: no fault came about. */
  readonly setAside?: string;
}

/** What the detector makes of a trace, with nothing but that trace. */
export function detect(trace: BatchTrace, context?: BatchContext): Pick<Trial, 'found'> {
  const origin = findOrigin(trace, context);
  if (!origin) return {};
  const { key, mechanism, becameNaN, survives } = origin;
  return {
    found: {
      key,
      mechanism: mechanism.name,
      evidence: mechanism.evidence,
      survives,
      ...(becameNaN && { becameNaN: { key: becameNaN.key, mechanism: becameNaN.mechanism.name } }),
    },
  };
}

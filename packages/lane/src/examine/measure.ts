/** Measures an opened backend: its limits, and how its kernels and its shader compiler answer the questions about numbers. */

import { attentionProbes } from '@nanscope/attention';
import type { Probe, Session } from '@nanscope/backend';
import { metamorphicCases, oracleCases, runSuite, tensorflowImplementation } from '@nanscope/conform';
import { errorLine } from '@nanscope/errors';
import { detectorTrials, scoreSheet, type Trial } from '@nanscope/experiments';
import type { DoctorBackend, SelfCheck } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { askKernels, askShader } from './numerics/ask-kernels.ts';

/** What is known of a backend until now. */
export type Measured = Partial<Pick<DoctorBackend, 'limits' | 'kernels' | 'shader'>>;

/** Numbers among the limits, which a device holds as getters of its prototype. */
function limitsOf({ limits }: GPUDevice): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name in limits) {
    const value: unknown = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') found[name] = value;
  }
  return found;
}

/** The device below a session; undefined for one without, and for a third party's that does not show it. */
function deviceOf({ facts }: Session): GPUDevice | undefined {
  const { device } = tf.backend() as { readonly device?: GPUDevice };
  return facts.capabilities.gpu && device?.limits ? device : undefined;
}

/** Each as soon as it is there: the next may end the process. @param session of the active backend */
export async function* measure(session: Session): AsyncGenerator<Measured> {
  const device = deviceOf(session);
  if (device) yield { limits: limitsOf(device) };
  yield { kernels: await askKernels() };
  if (device) yield { shader: await askShader(device) };
}

// A short trial of what nanscope rests on, on an opened backend: attention, its conformance, the detector.

/** A few of each kind: the future, padding that holds NaN, the batch, and numbers against float64. */
const caseIds: readonly string[] = [
  'metamorphic:causal-leak',
  'metamorphic:causal-gradient',
  'metamorphic:padding-content;value=NaN',
  'metamorphic:batch-isolation;value=NaN',
  'oracle:policy=safe;mask=left-padding;size=small',
  'oracle:policy=safe;mask=all-padding;size=small',
  'oracle:policy=torch-2.4;mask=left-padding;size=small',
];

/** The share of faults that `selftest --detector` injects. */
const SHARE = 0.02;

type Findings = Pick<SelfCheck, 'passed' | 'detail'>;

async function attention(alive: () => void): Promise<Findings> {
  const sdpa = await attentionProbes('sdpa');
  alive();
  const outcomes = [...sdpa, ...(await attentionProbes('eager'))];
  const wrong = outcomes.find(({ passed }) => !passed);
  return {
    passed: wrong === undefined,
    detail: wrong
      ? `${wrong.implementation} ${wrong.probe}: ${wrong.detail}`
      : `${outcomes.length} probes of sdpa and eager, by bits`,
  };
}

async function conformance(alive: () => void): Promise<Findings> {
  const cases = [...metamorphicCases, ...oracleCases].filter(({ id }) => caseIds.includes(id));
  let passed = 0;
  for await (const { id, status, reason } of runSuite(cases, tensorflowImplementation('sdpa'))) {
    if (status !== 'pass') return { passed: false, detail: `${id}: ${reason ?? status}` };
    passed++;
    alive();
  }
  return {
    passed: passed === caseIds.length,
    detail: `${passed} of ${caseIds.length} cases of sdpa, with gradients`,
  };
}

async function detector(session: Session, alive: () => void): Promise<Findings> {
  const trials: Trial[] = [];
  for await (const trial of detectorTrials(session, SHARE, () => {})) {
    trials.push(trial);
    alive();
  }
  const { faults, falseAlarms, wrong, meetsBar } = scoreSheet(trials);
  const first = wrong[0] ? `; first wrong: ${wrong[0].id}` : '';
  return {
    passed: meetsBar,
    detail: `${faults.seen} of ${faults.trials} faults seen, ${faults.originRight} placed, ${faults.mechanismRight} named, ${falseAlarms} false alarms${first}`,
  };
}

/**
 * Each as soon as it is done; one that throws has failed.
 *
 * @param alive Called on the way, when something was done: a slow device takes its time over each check, and silence counts as hanging.
 */
export async function* selfChecks(session: Session, alive: () => void): AsyncGenerator<SelfCheck> {
  const checks: readonly (readonly [string, () => Promise<Findings>])[] = [
    ['attention', () => attention(alive)],
    ['conform', () => conformance(alive)],
    ['detector', () => detector(session, alive)],
  ];
  for (const [name, run] of checks) {
    const found = await run().catch((error: unknown) => ({ passed: false, detail: errorLine(error) }));
    yield { name, ...found };
  }
}

export const selfCheckNames = ['attention', 'conform', 'detector'] as const;

// What a process that examines a backend is asked, and what it says as it goes: what was said before it ends is kept.

export interface ExamineTask {
  readonly id: string;
  /** A third-party backend's module. */
  readonly backendFile?: string;
}

export type ExamineMessage =
  | { readonly kind: 'probe'; readonly probe: Probe }
  | ({ readonly kind: 'measured' } & Measured)
  | { readonly kind: 'check'; readonly check: SelfCheck }
  | { readonly kind: 'waiting' };

/**
 * `nanscope reduce`: from a run that failed to the smallest case that fails in the same way, and the nearest one that does
 * not. Effects sit here; what gets smaller and what is held are functions of data in the modules it calls.
 */

import { join, resolve } from 'node:path';
import type { CausalLMBatch } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import {
  type Case,
  evalBatches,
  keyOf,
  lengthOf,
  loadTokenizerFor,
  modelConfig,
  modelSource,
  wholeCase,
} from '@nanscope/lane';
import { type ModelConfig, openWeights } from '@nanscope/model';
import { checkNewRun, type ReducedOpRecord, type ReducedRecord, SCHEMA_VERSION } from '@nanscope/record';
import { type EvalConfig, policyOf, policyRecord, type ReduceConfig } from '@nanscope/settings';
import { counted } from '@nanscope/words';
import type { Decided } from '../devices/decision.ts';
import { checkWritable, inputsOf } from '../lanes/check-inputs.ts';
import { CaseLane, decideAgain, deviceNameOf } from './case-lane.ts';
import { type Fault, faultOf, isOpFault, torchFaultOf } from './fault.ts';
import { type Found, fillFolder } from './folder/fill-folder.ts';
import { differenceWords, makeFolder } from './folder/place.ts';
import { causeOf, heldWords, inTermsOf } from './held.ts';
import { reduceOpRun } from './op/op-run.ts';
import { passesFrom } from './passes.ts';
import { caseRecord, evalCommand, judged, type ReduceHooks, sizeOf } from './record.ts';
import { type Neighbour, type SearchResult, search } from './search/search.ts';
import { reduceTorchRun } from './torch-run.ts';
import { type Trial, Trials } from './trials.ts';

// Which of the cases that pass stands beside the smallest that fails: the one that is least smaller than it. Pure.

/**
 * The passing neighbour with most parameters; then with most tokens; then with most weights of the run.
 *
 * @param model of the run
 */
export function largestPassing(model: ModelConfig, neighbours: readonly Neighbour<Case>[]): Case | undefined {
  const rank = (candidate: Case): number[] => {
    const { parameters, rows, length } = sizeOf(model, candidate);
    return [parameters, rows * length, candidate.weights.length];
  };
  const passing = neighbours
    .filter(({ answer }) => answer === 'passes')
    .map(({ candidate }) => ({ candidate, rank: rank(candidate) }));
  passing.sort((a, b) => b.rank.map((value, i) => value - a.rank[i]!).find((more) => more !== 0) ?? 0);
  return passing[0]?.candidate;
}

async function batchOfRun({ config, batch: wanted }: Fault, model: ModelConfig): Promise<CausalLMBatch> {
  for await (const { index, batch } of evalBatches(config, await loadTokenizerFor(config), model)) {
    if (index !== wanted) continue;
    if (batch.tokenTypeIds === undefined) return batch;
    throw new UserError(
      'reduce/token-types',
      `${config.loadInputs} has token_type_ids, which reduce does not know: expected a batch without. Leave them out if the fault stays.`,
    );
  }
  throw new UserError(
    'reduce/no-batch',
    `expected batch ${wanted} of the run in its data, found fewer batches. Was the data changed since? Run the evaluation again.`,
  );
}

const facts = (candidate: Case): string[] => [
  `${candidate.rows.length} x ${lengthOf(candidate)} tokens`,
  counted(candidate.layers.length, 'layer'),
  counted(candidate.heads.length, 'head'),
];

function notReproduced(fault: Fault, trial: Trial | undefined): UserError {
  const found = trial && inTermsOf(fault.held, trial);
  return new UserError(
    'reduce/not-reproduced',
    `expected ${heldWords(fault.held)} in batch ${fault.batch} as in the run, found ${trial ? (found ? heldWords(found) : 'nothing of the kind') : 'that it could not be computed'}. Run the evaluation again, with the same model and data.`,
  );
}

interface Searched {
  readonly result: SearchResult<Case>;
  readonly smallest: Trial;
  readonly passing?: { readonly candidate: Case; readonly trial: Trial };
  readonly seconds: number;
}

async function searchFrom(
  whole: Case,
  fault: Fault,
  model: ModelConfig,
  trials: Trials,
  budget: number,
  hooks: ReduceHooks,
): Promise<Searched | undefined> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const result = await search(whole, {
    passes: passesFrom(fault.place),
    ask: (candidate) => trials.answer(candidate),
    keyOf,
    mayGoOn: () => seconds() < budget && !hooks.signal?.aborted,
    onStep: (_, smaller, tried) => hooks.onStep(tried, facts(smaller)),
  });
  if (hooks.signal?.aborted) return undefined;
  // Tried once more, for its figures; and where no step was taken, the run itself was not tried yet.
  const smallest = await trials.run(result.smallest);
  if (hooks.signal?.aborted) return undefined;
  if (smallest?.answer !== 'fails') throw notReproduced(fault, smallest);
  const candidate = largestPassing(model, result.neighbours);
  const trial = candidate && (await trials.run(candidate));
  return {
    result,
    smallest,
    ...(candidate && trial?.answer === 'passes' && { passing: { candidate, trial } }),
    seconds: seconds(),
  };
}

/**
 * @param run the folder of an evaluation
 * @param command The command line as typed, for the result.
 * @returns The result, which is also in `reduced.json` of its folder; undefined when it was interrupted, and nothing was written.
 * @throws {UserError} before anything is written: for what is no run, shows no fault, or cannot be made again
 */
export async function reduceRun(
  run: string,
  { budget, out }: ReduceConfig,
  command: string,
  hooks: ReduceHooks,
): Promise<ReducedRecord | ReducedOpRecord | undefined> {
  const folder = out ?? join(run, 'reduced');
  const checkFolder = (config: EvalConfig) => {
    checkNewRun(folder, 'reduce', inputsOf(config));
    checkWritable(folder, '--out');
  };
  const torch = torchFaultOf(run);
  if (torch) {
    checkFolder(torch.config);
    const place = { run, folder, budget, command };
    return reduceTorchRun(torch, place, hooks).catch((error: unknown) => {
      const right = error instanceof UserError && error.code === 'reduce/not-reproduced';
      if (!right || !torch.instead) throw error;
      return reduceTorchRun(torch.instead, place, hooks);
    });
  }
  const fault = faultOf(run);
  checkFolder(fault.config);
  if (isOpFault(fault)) return reduceOpRun(fault, { run, folder, budget, command }, hooks);
  const { config } = fault;
  const policy = policyOf(config);
  const model = await modelConfig(config);
  hooks.onStage(`holding   ${heldWords(fault.held)}`);
  const whole = wholeCase(model, await batchOfRun(fault, model));
  const decided = await decideAgain(fault, hooks.onStage);
  if (hooks.signal?.aborted) return undefined;
  const lane = (decision: Decided['target']) =>
    new CaseLane(
      { config, decision, policy },
      {
        environment: decided.environment,
        onStage: hooks.onStage,
        ...(hooks.signal && { signal: hooks.signal }),
      },
    );
  const target = lane(decided.target);
  const trials = new Trials(fault.held, policy, target, decided.reference && lane(decided.reference));
  let searched: Searched | undefined;
  try {
    searched = await searchFrom(whole, fault, model, trials, budget, hooks);
  } finally {
    await trials.close();
  }
  if (!searched) return undefined;
  const { result, smallest, passing, seconds } = searched;
  const place = resolve(folder);
  const held = { ...(inTermsOf(fault.held, smallest) ?? fault.held) };
  const setting = {
    model: config.model,
    policy: policyRecord(policy),
    decision: structuredClone(decided.target) as ReducedRecord['decision'],
  };
  const found: Found = {
    schemaVersion: SCHEMA_VERSION,
    kind: 'reduce',
    command,
    run,
    folder,
    held,
    cause: causeOf({ held, ...setting }),
    ...setting,
    ...(decided.reference && {
      reference: structuredClone(decided.reference) as NonNullable<ReducedRecord['reference']>,
    }),
    environment: target.machine ?? fault.lane.environment,
    from: sizeOf(model, whole),
    smallest: caseRecord(model, result.smallest, smallest),
    ...(passing && {
      passing: {
        ...caseRecord(model, passing.candidate, passing.trial),
        difference: differenceWords(result.smallest, passing.candidate),
      },
    }),
    search: { tried: result.tried, seconds, budget, minimal: result.minimal },
    reproduce: evalCommand(config, place, {
      device: deviceNameOf(decided.target),
      reference: decided.reference ? deviceNameOf(decided.reference) : 'none',
      attention: decided.target.attention,
    }),
  };
  hooks.onStage('writing   the case, and trying its script');
  let record: ReducedRecord | undefined;
  const earlier = await makeFolder(folder, async (fresh) => {
    record = await fillFolder(
      fresh,
      {
        found,
        smallest: result.smallest,
        passing: passing?.candidate,
        ...{ config, policy },
        whole: await openWeights(modelSource(config), config.dtype),
        environment: decided.environment,
      },
      (script) => judged(found, script),
    );
  });
  if (earlier) hooks.onStage(`moved the earlier reduction in ${folder} to ${earlier}`);
  return record;
}

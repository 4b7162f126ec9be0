/** From cases and their trials to the record of a reduction. Pure. */
import { batchOf, type Case, lengthOf } from '@nanscope/lane';
import { cutConfig, cutName, type ModelConfig, parameterShapes } from '@nanscope/model';
import { type CaseSize, type ReducedCase, type ReducedRecord, toJsonNumber } from '@nanscope/record';
import { configRecord, type EvalConfig, evalFlags, flagNames } from '@nanscope/settings';
import { shellWord, titleWords } from '@nanscope/words';
import type { Found } from './folder/fill-folder.ts';
import { pathFrom } from './folder/place.ts';
import type { Trial } from './trials.ts';

export function sizeOf(model: ModelConfig, candidate: Case): CaseSize {
  const config = cutConfig(model, candidate);
  const sizes = [...parameterShapes(config).values()].map((shape) => shape.reduce((size, n) => size * n, 1));
  return {
    rows: candidate.rows.length,
    length: lengthOf(candidate),
    layers: config.layers,
    heads: config.heads,
    width: config.width,
    inner: candidate.units.length,
    vocabulary: config.vocabulary,
    positions: config.maxPositions,
    ...(config.sinks && { sinks: config.sinks }),
    parameters: sizes.reduce((sum, size) => sum + size, 0),
  };
}

function gridsOf(candidate: Case): ReducedCase['inputs'] {
  const { inputIds, attentionMask, labels, positionIds, batch, length } = batchOf(candidate);
  const grid = (values: Int32Array) =>
    Array.from({ length: batch }, (_, row) => [...values.subarray(row * length, (row + 1) * length)]);
  return {
    inputIds: grid(inputIds),
    attentionMask: grid(attentionMask),
    labels: grid(labels),
    positionIds: grid(positionIds),
  };
}

/** Ops that hold something non-finite, up to the one at which the fault is. */
function opsOf({ cascade, origin, divergence }: Trial): ReducedCase['ops'] {
  const at = divergence?.key ?? origin?.key;
  const end = cascade.events.findIndex(({ key }) => key === at);
  return cascade.events
    .slice(0, end < 0 ? undefined : end + 1)
    .filter(({ nan, posInf, negInf }) => nan + posInf + negInf > 0)
    .map(({ key, shape, nan, posInf, negInf }) => ({ key, shape, nan, posInf, negInf }));
}

export function caseRecord(model: ModelConfig, candidate: Case, trial: Trial): ReducedCase {
  const { origin, divergence, loss, reference } = trial;
  return {
    size: sizeOf(model, candidate),
    inputs: gridsOf(candidate),
    weights: candidate.weights.map((name) => cutName(name, candidate)),
    loss: toJsonNumber(loss),
    ...(reference && { referenceLoss: toJsonNumber(reference.loss) }),
    ...(origin && { origin }),
    ...(divergence && {
      divergence: { key: divergence.key, label: divergence.label, reason: divergence.reason },
    }),
    ops: opsOf(trial),
  };
}

/** Settings of the run that decide what attention does, with their values. */
const kept = ['sdpa-kernel', ...flagNames(evalFlags, 'policy')];

/**
 * @param place of the folder from which it is typed
 * @param device names of the device and of the one it is held against
 */
export function evalCommand(
  config: EvalConfig,
  place: string,
  { device, reference, attention }: { device: string; reference: string; attention: string },
): string {
  const record = configRecord(config);
  const settings = kept.flatMap((name) =>
    record[name] === undefined ? [] : [`--${name}=${shellWord(String(record[name]))}`],
  );
  const backend =
    config.backend === undefined ? [] : [`--backend ${shellWord(pathFrom(place, config.backend))}`];
  return [
    'nanscope eval --model ./model --load-inputs ./inputs.safetensors',
    ...[`--device ${device}`, `--reference ${reference}`, ...backend],
    ...[`--attn ${attention}`, ...settings, '--out ./run'],
  ].join(' ');
}

/** Whom the report goes to. */
function nextWords({ folder, cause }: Found, script: boolean): string {
  const paste = `${folder}/report.md is ready to paste${script ? ', with its script in it' : ''}`;
  if (cause?.kind === 'mask')
    return `Not a device bug: it goes to the owner of the mask, ${cause.owner}. ${paste}.`;
  return cause && cause.kind !== 'unknown'
    ? `It goes to the owner of ${cause.owner}. ${paste}.`
    : `${paste}.`;
}

/** The record with its verdict, once the script was run. */
export function judged(found: Found, script: ReducedRecord['script']): ReducedRecord {
  const { smallest, search, folder, passing } = found;
  const { rows, length, layers, heads } = smallest.size;
  const of = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const shape = [of(rows, 'row'), of(length, 'token'), of(layers, 'layer'), of(heads, 'head')].join(', ');
  const contrast = passing ? ` The nearest case without it: ${passing.difference}.` : '';
  return {
    ...found,
    ...(script && { script }),
    verdict: {
      code: search.minimal ? 'reduced' : 'reduced-in-part',
      exitCode: 0,
      sentence: `Reduced to ${shape}: ${titleWords(found)}.${contrast}`,
      next: search.minimal
        ? nextWords(found, script !== undefined)
        : `Go on with a larger --budget than ${search.budget}; ${folder} holds the smallest case so far.`,
    },
  };
}

// What a reduction says while it runs, and how it is ended.

export interface ReduceHooks {
  readonly onStage: (what: string) => void;
  /** After each step that was taken: how many cases were tried, and what is left. */
  readonly onStep: (tried: number, facts: readonly string[]) => void;
  readonly signal?: AbortSignal;
}

/** The model a training run begins with: a folder's weights, or fresh ones of a shape that the flags may change. */

import { basename, resolve } from 'node:path';
import type { Tokenizer } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import {
  type CausalLM,
  checkMemory,
  isModelPreset,
  loadCausalLM,
  type ModelConfig,
  memoryOf,
  memoryWords,
  modelPresets,
  presetConfig,
  resizeConfig,
} from '@nanscope/model';
import type { TrainLaneRecord } from '@nanscope/record';
import type { TrainConfig } from '@nanscope/settings';
import { loadModel, modelConfig } from '../data/model.ts';
import { nanscopeVersion } from '../session/open-session.ts';

type Shape = Pick<
  TrainConfig,
  'model' | 'seed' | 'layers' | 'heads' | 'width' | 'maxLength' | 'dropout' | 'tokenizer'
>;

/** A preset's shape with what the flags say over it; vocabulary and special tokens are the tokenizer's. Pure. */
function freshConfig(config: Shape, tokenizer: Tokenizer): ModelConfig {
  const preset = presetConfig(config.model);
  return resizeConfig(
    preset,
    {
      layers: config.layers,
      heads: config.heads,
      width: config.width,
      // A position that no row reaches would never be trained.
      maxPositions: config.maxLength,
      vocabulary: tokenizer.vocabSize,
      bosTokenId: tokenizer.bosTokenId ?? null,
      eosTokenId: tokenizer.eosTokenId ?? null,
      padTokenId: tokenizer.padTokenId ?? null,
      dropoutRate: config.dropout,
    },
    '--layers, --heads, --width',
  );
}

/** @throws {UserError} `usage/shape` when a folder's model is to have another shape, and what reading it throws */
export async function trainModelConfig(config: Shape, tokenizer: Tokenizer): Promise<ModelConfig> {
  if (isModelPreset(config.model)) {
    const fresh = freshConfig(config, tokenizer);
    checkMemory(`--model ${config.model}`, fresh);
    return fresh;
  }
  const named = (['layers', 'heads', 'width'] as const).find((name) => config[name] !== undefined);
  if (named !== undefined) {
    throw new UserError(
      'usage/shape',
      `--${named} ${config[named]}: expected a preset to shape (${modelPresets.join(', ')}), found the weights of ${config.model}. Leave it out.`,
    );
  }
  return modelConfig(config);
}

/** @param say gets the size of the model before a weight is drawn or read */
export async function loadTrainModel(
  config: Shape,
  tokenizer: Tokenizer,
  say: (what: string) => void = () => {},
): Promise<CausalLM> {
  if (!isModelPreset(config.model)) return loadModel(config, say);
  const fresh = freshConfig(config, tokenizer);
  say(`loading ${config.model}: ${memoryWords(memoryOf(fresh))}`);
  return loadCausalLM({ config: fresh, seed: config.seed });
}

// The model card of a saved model: what it is, by which command it was made, what it reached. Pure.

/** In every card we write. A README.md without it is somebody's own, and stays. */
export const cardMark = '<!-- written by nanscope train; without this line it is yours and will be kept -->';

const count = (value: number) => value.toLocaleString('en-US');

function rows(record: TrainLaneRecord, command: string, digest: string): [string, string][] {
  const { model, data, training, config, environment, decision } = record;
  const { best } = training;
  const last = training.validation.at(-1)?.loss;
  const validation =
    best &&
    `${best.loss.toPrecision(6)} nats a token after step ${count(best.step)}, over ${count(data.validationTokens)} tokens (${data.split})`;
  return [
    [
      'shape',
      `${model.layers} ${model.layers === 1 ? 'layer' : 'layers'}, ${model.heads} ${model.heads === 1 ? 'head' : 'heads'}, width ${model.width}, ${count(model.positions)} positions, vocabulary ${count(model.vocabulary)} (${data.tokenizer}), ${count(model.parameters)} parameters`,
    ],
    ['command', `\`${command}\``],
    ['seed', `${config.seed}`],
    [
      'text',
      `${data.source}: ${count(data.trainingTokens)} tokens trained on; SHA-256 of all ids begins with ${digest}`,
    ],
    [
      'steps',
      `${count(training.steps)} (${training.epochs.toFixed(2)} epochs, ${count(training.tokens)} tokens)`,
    ],
    ['training loss', `${Number(training.loss).toPrecision(6)} nats a token in the last step`],
    [
      'validation loss',
      validation ?? (last === undefined ? 'no row was held back' : `${last} at the end; none was finite`),
    ],
    ...(data.entropyRate === undefined
      ? []
      : [['entropy rate', `${data.entropyRate.toPrecision(6)} nats per byte`] as [string, string]]),
    [
      'made with',
      `nanscope ${nanscopeVersion} on ${decision.backend}, ${environment.os} ${environment.arch}`,
    ],
  ];
}

/**
 * @param directory where the model is saved; its name is the heading
 * @param digest of the ids of the text
 * @returns README.md in the form the Hugging Face hub reads
 */
export function modelCard(
  directory: string,
  record: TrainLaneRecord,
  command: string,
  digest: string,
): string {
  const table = rows(record, command, digest).map(
    ([name, value]) => `| ${name} | ${value.replaceAll('|', '\\|')} |`,
  );
  return [
    '---',
    'library_name: transformers',
    'pipeline_tag: text-generation',
    '---',
    cardMark,
    '',
    `# ${basename(resolve(directory))}`,
    '',
    'A causal language model in the layout of Hugging Face (`GPT2LMHeadModel`).',
    '',
    '| | |',
    '|---|---|',
    ...table,
    '',
  ].join('\n');
}

/** Whether a card may be written over what is there. */
export const mayReplace = (readme: string | undefined): boolean =>
  readme === undefined || readme.includes(cardMark);

/** The model card of a saved model: what it is, by which command it was made, what it reached. Pure. */
import { basename, resolve } from 'node:path';
import type { TrainLaneRecord } from '@nanscope/record';
import { nanscopeVersion } from '../session/environment.ts';

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
      : [['entropy rate', `${data.entropyRate.toPrecision(6)} nats a byte`] as [string, string]]),
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

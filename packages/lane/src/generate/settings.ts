/**
 * What a generation is asked for, and who asks: a flag, the model's generation_config.json, its config.json, or nobody.
 * Flags beat the file, as arguments of `generate` do in transformers.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tokenizer } from '@nanscope/collator';
import { errorLine, UserError } from '@nanscope/errors';
import {
  type GenerateOptions,
  type GenerationFile,
  isModelPreset,
  type ModelConfig,
  parseGenerationConfig,
} from '@nanscope/model';
import type { GenerateConfig } from '@nanscope/settings';
import { modelPlace } from '../data/model.ts';

export const GENERATION_FILE = 'generation_config.json';

/** Tokens for a row where nothing says how many. */
const NEW_TOKENS = 64;

const tokens = (count: number, which = ''): string => `${count} ${which}token${count === 1 ? '' : 's'}`;

export interface GenerationSettings
  extends Pick<GenerateOptions, 'strategy' | 'temperature' | 'topK' | 'topP' | 'maxNewTokens' | 'maxLength'> {
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number;
  /** For people: each setting with who asked for it, and what of the file is not obeyed. */
  readonly words: readonly string[];
}

/** The text of a model's generation_config.json. @throws {UserError} where it is there and cannot be read */
export async function generationText(model: string): Promise<string | undefined> {
  if (isModelPreset(model)) return undefined;
  const path = join(modelPlace(model), GENERATION_FILE);
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new UserError('gpt2/generation-config', `${path}: expected a file, found ${errorLine(error)}.`);
  });
}

/** @throws {UserError} for a file that is no generation_config.json. @returns undefined where the model has none */
export async function generationFile(model: string): Promise<GenerationFile | undefined> {
  const text = await generationText(model);
  return text === undefined
    ? undefined
    : parseGenerationConfig(text, join(modelPlace(model), GENERATION_FILE));
}

type Asked = Pick<GenerateConfig, 'greedy' | 'temperature' | 'topK' | 'topP' | 'maxNewTokens'>;
type Drawing = Pick<GenerationSettings, 'strategy' | 'temperature' | 'topK' | 'topP'>;

const drawFlags = [
  ['temperature', '--temperature', 'temperature'],
  ['topK', '--top-k', 'top_k'],
  ['topP', '--top-p', 'top_p'],
] as const;

/** A flag that says how to draw asks for a draw, whatever the file says. */
function drawing(asked: Asked, file: GenerationFile | undefined): Drawing & { readonly words: string[] } {
  const flag = drawFlags.find(([name]) => asked[name] !== undefined)?.[1];
  const said = drawFlags.flatMap(([name, , key]) =>
    file?.[name] === undefined ? [] : [`${key} ${file[name]}`],
  );
  if (asked.greedy || (!flag && asked.greedy === undefined && file && !file.doSample)) {
    const origin = asked.greedy ? '--greedy' : `${GENERATION_FILE}: do_sample is not true`;
    const unused =
      said.length === 0
        ? []
        : [`${GENERATION_FILE}: ${said.join(', ')} without effect, since nothing is drawn`];
    return { strategy: 'greedy', words: [`greedy (${origin})`, ...unused] };
  }
  const origin = flag ?? (asked.greedy === false ? '--no-greedy' : file ? GENERATION_FILE : 'default');
  const chosen = drawFlags.map(([name, own, key]) => {
    const value = asked[name] ?? file?.[name];
    return { name, value, words: `${key} ${value} (${asked[name] === undefined ? GENERATION_FILE : own})` };
  });
  const used = chosen.filter(({ value }) => value !== undefined);
  return {
    strategy: 'sample',
    ...Object.fromEntries(used.map(({ name, value }) => [name, value])),
    words: [`draws (${origin})`, ...used.map(({ words }) => words)],
  };
}

function lengths(
  { maxNewTokens }: Asked,
  file: GenerationFile | undefined,
): Pick<GenerationSettings, 'maxNewTokens' | 'maxLength'> & { readonly words: string } {
  if (maxNewTokens !== undefined)
    return { maxNewTokens, words: `at most ${tokens(maxNewTokens, 'new ')} (--max-new-tokens)` };
  if (file?.maxNewTokens !== undefined)
    return {
      maxNewTokens: file.maxNewTokens,
      words: `at most ${tokens(file.maxNewTokens, 'new ')} (${GENERATION_FILE})`,
    };
  if (file?.maxLength !== undefined)
    return {
      maxNewTokens: file.maxLength,
      maxLength: file.maxLength,
      words: `at most ${tokens(file.maxLength)} with the prompt (max_length of ${GENERATION_FILE})`,
    };
  return { maxNewTokens: NEW_TOKENS, words: `at most ${tokens(NEW_TOKENS, 'new ')} (default)` };
}

function endTokens(
  model: Pick<ModelConfig, 'eosTokenId'>,
  tokenizer: Pick<Tokenizer, 'eosTokenId'>,
  file: GenerationFile | undefined,
): readonly [ids: readonly number[], origin: string] {
  if (file) return [file.eosTokenIds, GENERATION_FILE];
  if (model.eosTokenId !== null) return [[model.eosTokenId].flat(), 'config.json'];
  return tokenizer.eosTokenId === undefined ? [[], 'default'] : [[tokenizer.eosTokenId], 'tokenizer'];
}

/** Pure: flags over the file over the model over what is so by itself. */
export function generationSettings(
  asked: Asked,
  file: GenerationFile | undefined,
  model: Pick<ModelConfig, 'eosTokenId' | 'vocabulary'>,
  tokenizer: Pick<Tokenizer, 'eosTokenId' | 'padTokenId'>,
): GenerationSettings {
  const { words: drawn, ...draw } = drawing(asked, file);
  const { words: length, maxNewTokens, maxLength } = lengths(asked, file);
  const [eosTokenIds, origin] = endTokens(model, tokenizer, file);
  const ends = eosTokenIds.length === 0 ? 'no end token' : `end token ${eosTokenIds.join(' or ')}`;
  const pad = file?.padTokenId ?? tokenizer.padTokenId ?? 0;
  const ignored = file?.notObeyed ?? [];
  return {
    ...draw,
    ...{ maxNewTokens, maxLength, eosTokenIds },
    // The mask hides it, so that any id does that can be looked up.
    padTokenId: pad >= 0 && pad < model.vocabulary ? pad : 0,
    words: [
      ...drawn,
      length,
      `${ends} (${origin})`,
      ...(ignored.length > 0 ? [`not obeyed of ${GENERATION_FILE}: ${ignored.join(', ')}`] : []),
    ],
  };
}

/** @throws {UserError} `generate/max-length` for a prompt that leaves no room under the file's max_length */
export function checkMaxLength({ maxLength }: GenerationSettings, prompt: number, origin: string): void {
  if (maxLength === undefined || prompt < maxLength) return;
  throw new UserError(
    'generate/max-length',
    `${origin}: expected fewer tokens than max_length ${maxLength} of ${GENERATION_FILE}, found ${prompt}. Give --max-new-tokens.`,
  );
}

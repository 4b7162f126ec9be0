/** `nanscope generate`: check, decide, continue every prompt in a process of its own. Rows come as they end. */
import { commandPrefix, UserError } from '@nanscope/errors';
import {
  type Continuation,
  type ContinuationMessage,
  checkMaxLength,
  type GenerateTask,
  generateOptions,
  generationFile,
  generationSettings,
  type LaneMessage,
  type LaneOutcome,
  lacksTokenizer,
  loadTokenizerFor,
  modelConfig,
  promptIds,
  readPrompts,
  throwUserError,
  watchLane,
  withModelFolder,
} from '@nanscope/lane';
import { checkGenerateOptions } from '@nanscope/model';
import { shellWord as word } from '@nanscope/report';
import {
  checkSdpaKernel,
  configRecord,
  evalFlags,
  flagNames,
  type GenerateConfig,
  generateFlags,
  policyOf,
} from '@nanscope/settings';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';

export interface GenerateHooks {
  readonly onStage: (what: string) => void;
  readonly onDecision: (decided: Decided) => void;
  readonly onMessage: (message: LaneMessage) => void;
  /** @param together The prompts of its batch. */
  readonly onContinuation: (continuation: Continuation, together: readonly string[]) => void;
  readonly signal?: AbortSignal;
}

/** Prompts for a model that comes without any tokenizer are read as their bytes, and that is said before anything else. */
function withTokenizer(config: GenerateConfig, { onStage }: GenerateHooks): GenerateConfig {
  if (config.tokenizer !== undefined || !lacksTokenizer(config.model)) return config;
  onStage(
    `no tokenizer beside ${config.model}: prompts are read and texts written as bytes; name another with --tokenizer`,
  );
  return { ...config, tokenizer: 'bytes' };
}

/** @throws {UserError} for the first thing that is wrong */
async function checkedPrompts(
  config: GenerateConfig,
): Promise<Pick<GenerateTask, 'prompts' | 'settings' | 'policy'>> {
  const given = (['temperature', 'topK', 'topP'] as const).find((name) => config[name] !== undefined);
  if (config.greedy && given) {
    const flag = { temperature: '--temperature', topK: '--top-k', topP: '--top-p' }[given];
    throw new UserError('usage/greedy', `${flag} says how to draw, --greedy not to: give one of them.`);
  }
  const model = await modelConfig(config);
  checkSdpaKernel(config);
  const tokenizer = await loadTokenizerFor(config);
  const settings = generationSettings(config, await generationFile(config.model), model, tokenizer);
  const policy = policyOf(config);
  checkGenerateOptions(generateOptions(config, settings, { implementation: 'sdpa', policy }), 1);
  const prompts = await readPrompts(config);
  for (const prompt of prompts)
    checkMaxLength(settings, promptIds(prompt, tokenizer, model).length, prompt.origin);
  return { prompts, settings, policy };
}

async function runProcess(
  task: GenerateTask,
  { environment }: Decided,
  hooks: GenerateHooks,
): Promise<LaneOutcome> {
  const { laneTimeout, batchSize } = task.config;
  return watchLane<ContinuationMessage>({
    run: 'generate',
    task,
    environment,
    silenceSeconds: laneTimeout,
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    onMessage(message) {
      if (message.kind !== 'continuation') return hooks.onMessage(message);
      const first = message.continuation.row - (message.continuation.row % batchSize);
      const together = task.prompts.slice(first, first + batchSize).map(({ text }) => text);
      hooks.onContinuation(message.continuation, together);
    },
  });
}

/**
 * @returns How the process ended; what it had generated until then went to `onContinuation`.
 * @throws {UserError} before anything is generated, for what is wrong in the configuration or its files
 */
export async function generateTexts(asked: GenerateConfig, hooks: GenerateHooks): Promise<LaneOutcome> {
  const config = withTokenizer(await withModelFolder(asked, hooks.onStage), hooks);
  const interrupted: LaneOutcome = { status: 'interrupted', failure: 'interrupted' };
  hooks.onStage('checking inputs');
  const checked = await checkedPrompts(config);
  hooks.onStage(`settings: ${checked.settings.words.join(', ')}`);
  if (hooks.signal?.aborted) return interrupted;
  const decided = await decide({ ...config, reference: 'none' }, hooks.onStage).catch((error: unknown) => {
    if (hooks.signal?.aborted) return undefined;
    throw error;
  });
  if (!decided || hooks.signal?.aborted) return interrupted;
  hooks.onDecision(decided);
  const outcome = await runProcess({ config, ...checked, decision: decided.target }, decided, hooks);
  throwUserError(outcome);
  return outcome;
}

// The command that shows where the NaN of a generated row comes from: the same texts, evaluated under taps.

/** The texts themselves are passed on in their place. */
const ofTexts = ['data', 'text-field', 'limit'];

const ofGenerate: readonly string[] = generateFlags.map(({ name }) => name);

/** What decides the logits and is a setting of both commands. */
const passed = flagNames(evalFlags, 'numbers', 'device', 'policy').filter(
  (name) => ofGenerate.includes(name) && !ofTexts.includes(name),
);

/**
 * @param together The prompts of the row's batch: padding comes from them.
 * @returns A line for a POSIX shell.
 */
export function evalCommand(
  config: GenerateConfig,
  { row, prompt, text }: Continuation,
  together: readonly string[],
): string {
  const record = configRecord(config);
  const flags = passed.flatMap((name) => {
    const value = record[name];
    const preset = evalFlags.find((flag) => flag.name === name);
    const same = preset !== undefined && 'default' in preset && preset.default === value;
    return value === undefined || same ? [] : [`--${name}=${word(String(value))}`];
  });
  const command = [`${commandPrefix} eval`, ...flags].join(' ');
  const { data, textField, limit } = config;
  // Nothing was generated yet: the prompts alone show it.
  if (text === '' && data !== undefined && data !== '-' && config.prompt === undefined) {
    const more = [textField && `--text-field=${word(textField)}`, limit && `--limit=${limit}`];
    return [command, `--data=${word(data)}`, ...more.filter(Boolean)].join(' ');
  }
  const place = row % config.batchSize;
  const texts = together.map((other, i) => (i === place ? prompt + text : other));
  const lines = texts.map((line) => word(JSON.stringify({ text: line })));
  return `printf '%s\\n' ${lines.join(' ')} | ${command} --data=- --text-field=text`;
}

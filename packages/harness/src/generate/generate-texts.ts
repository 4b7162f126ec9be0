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
import {
  checkNewRun,
  type GeneratedRow,
  type GenerationRecord,
  type GenerationVerdict,
  makeRunFolder,
  moveAside,
  SCHEMA_VERSION,
  writeJson,
} from '@nanscope/record';
import {
  checkSdpaKernel,
  configRecord,
  evalFlags,
  flagNames,
  type GenerateConfig,
  generateFlags,
  policyOf,
  policyRecord,
} from '@nanscope/settings';
import { shellWord as word, wordGeneration } from '@nanscope/words';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';
import { checkWritable } from '../lanes/check-inputs.ts';

export interface GenerateHooks {
  readonly onStage: (what: string) => void;
  readonly onDecision: (decided: Decided) => void;
  readonly onMessage: (message: LaneMessage) => void;
  /** @param evaluate of a row that met a NaN, the command that shows where it is born */
  readonly onContinuation: (continuation: Continuation, evaluate?: string) => void;
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
  const sampling = (['temperature', 'topK', 'topP'] as const).find((name) => config[name] !== undefined);
  if (config.greedy && sampling) {
    const flag = { temperature: '--temperature', topK: '--top-k', topP: '--top-p' }[sampling];
    throw new UserError(
      'usage/greedy',
      `${flag} sets how to sample, and --greedy turns sampling off: give one of them.`,
    );
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
): Promise<{ outcome: LaneOutcome; rows: GeneratedRow[] }> {
  const { laneTimeout, batchSize } = task.config;
  const rows: GeneratedRow[] = [];
  const outcome = await watchLane<ContinuationMessage>({
    run: 'generate',
    task,
    environment,
    backend: task.decision.backend,
    silenceSeconds: laneTimeout,
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    onMessage(message) {
      if (message.kind !== 'continuation') return hooks.onMessage(message);
      const { continuation } = message;
      const first = continuation.row - (continuation.row % batchSize);
      const together = task.prompts.slice(first, first + batchSize).map(({ text }) => text);
      const evaluate =
        continuation.ended === 'non-finite' ? evalCommand(task.config, continuation, together) : undefined;
      rows.push({
        ...continuation,
        tokens: [...continuation.tokens],
        ...(evaluate !== undefined && { evaluate }),
      });
      hooks.onContinuation(continuation, evaluate);
    },
  });
  // They come as they end.
  return { outcome, rows: rows.sort((a, b) => a.row - b.row) };
}

/** A row that met a NaN fails, as a loss of NaN does that nobody asked for: a policy cannot ask for no text. */
function decideVerdict(
  { status }: LaneOutcome,
  rows: readonly GeneratedRow[],
): Pick<GenerationVerdict, 'code' | 'exitCode'> {
  if (status === 'interrupted') return { code: 'interrupted', exitCode: 130 };
  if (status !== 'complete') return { code: 'lane-failed', exitCode: 1 };
  return rows.some(({ ended }) => ended === 'non-finite')
    ? { code: 'rows-non-finite', exitCode: 1 }
    : { code: 'generated', exitCode: 0 };
}

/**
 * @param command The command line as typed, for the result.
 * @returns The result, which is also in `run.json` of `--out`; undefined where it was stopped before a token.
 * @throws {UserError} before anything is generated, for what is wrong in the configuration or its files
 */
export async function generateTexts(
  requested: GenerateConfig,
  command: string,
  hooks: GenerateHooks,
): Promise<GenerationRecord | undefined> {
  const config = withTokenizer(await withModelFolder(requested, hooks.onStage), hooks);
  const { out, model, data, tokenizer } = config;
  hooks.onStage('checking inputs');
  if (out !== undefined) {
    checkWritable(out, '--out');
    checkNewRun(out, 'generate', { model, data, tokenizer });
  }
  const checked = await checkedPrompts(config);
  const settings = checked.settings.words;
  hooks.onStage(`settings: ${settings.join(', ')}`);
  if (hooks.signal?.aborted) return undefined;
  const decided = await decide({ ...config, reference: 'none' }, hooks.onStage).catch((error: unknown) => {
    if (hooks.signal?.aborted) return undefined;
    throw error;
  });
  if (!decided || hooks.signal?.aborted) return undefined;
  hooks.onDecision(decided);
  const started = performance.now();
  const { outcome, rows } = await runProcess(
    { config, ...checked, decision: decided.target },
    decided,
    hooks,
  );
  throwUserError(outcome);
  const { status, failure } = outcome;
  const prompts = checked.prompts.length;
  const result: GenerationRecord = {
    ...{ schemaVersion: SCHEMA_VERSION, kind: 'generate', command },
    ...(out !== undefined && { folder: out }),
    ...{ model, policy: policyRecord(checked.policy), decision: { ...decided.target } },
    ...{ settings: [...settings], status, prompts, rows },
    ...(failure !== undefined && { failure }),
    seconds: (performance.now() - started) / 1000,
    verdict: wordGeneration(decideVerdict(outcome, rows), { rows, prompts, status, failure }),
  };
  if (out !== undefined) keep(out, config, result, hooks);
  return result;
}

function keep(
  folder: string,
  config: GenerateConfig,
  result: GenerationRecord,
  { onStage }: GenerateHooks,
): void {
  const earlier = moveAside(folder, 'generate');
  if (earlier) onStage(`moved the earlier run in ${folder} to ${earlier}`);
  makeRunFolder(folder, 'generate');
  writeJson(folder, 'config.json', configRecord(config));
  writeJson(folder, 'run.json', result);
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

/** The command that shows where the NaN of a generated row comes from: the same texts, evaluated under taps. */

import { commandPrefix } from '@nanscope/errors';
import type { Continuation } from '@nanscope/lane';
import { shellWord as word } from '@nanscope/report';
import type { GenerateConfig } from '@nanscope/settings';
import { configRecord, evalFlags, flagNames, generateFlags } from '@nanscope/settings';

/** The texts themselves are passed on in their place. */
const ofTexts = ['data', 'text-field', 'limit'];

const ofGenerate = generateFlags.map(({ name }) => name);

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

/** The families of the decoder by `model_type`: each a function from a config.json to what the decoder has to know. */
import { Fields } from '../fields.ts';
import type { DecoderSpec } from '../spec.ts';
import { refuseUnsupported } from '../unsupported.ts';
import { gemma2, gemma3 } from './gemma.ts';
import { gptNeox, opt, stablelm, starcoder2 } from './layer-norm.ts';
import { granite, graniteSwa, llama, mistral } from './llama.ts';
import { olmo2, phi3 } from './phi.ts';
import { qwen2, qwen3, smollm3 } from './qwen.ts';

const families = {
  llama,
  mistral,
  qwen2,
  qwen3,
  smollm3,
  gemma2,
  gemma3_text: gemma3,
  phi3,
  olmo2,
  granite,
  granite_swa: graniteSwa,
  gpt_neox: gptNeox,
  opt,
  stablelm,
  starcoder2,
} as const satisfies Record<string, (fields: Fields) => DecoderSpec>;

export type DecoderType = keyof typeof families;

/** Values of `model_type`. */
export const decoderTypes = Object.keys(families) as readonly DecoderType[];

const isDecoderType = (name: unknown): name is DecoderType =>
  typeof name === 'string' && Object.hasOwn(families, name);

/**
 * What a parsed config.json says.
 *
 * @param where Named at the start of every message, usually the file's path.
 * @throws UserError `model/config` for another `model_type`, a setting that is not supported, a value of the wrong type
 */
export function decoderSpec(json: unknown, where: string): DecoderSpec {
  return specFrom(new Fields(json, where));
}

/** For an accepted config.json: the keys that its family does not read, and notes on those that it does. */
export function settingsWithoutEffect(json: unknown): Pick<Fields, 'unread' | 'remarks'> {
  const fields = new Fields(json, 'config.json');
  specFrom(fields);
  return fields;
}

function specFrom(fields: Fields): DecoderSpec {
  const type = fields.value('model_type');
  if (!isDecoderType(type))
    return fields.refuseValue('model_type', `expected one of ${decoderTypes.join(', ')}`);
  refuseUnsupported(fields);
  return families[type](fields);
}

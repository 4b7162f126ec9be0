/** The families there are, and what is asked of a model by its configuration alone. */
import { errorLine, nearest, UserError } from '@nanscope/errors';
import type * as tf from '@tensorflow/tfjs';
import type { CausalLM, JsonObject, ModelConfig } from './causal-lm.ts';
import { decoderFamilies } from './decoder/family.ts';
import type { DropoutRates } from './dropout.ts';
import type { Anatomy, Family, Sizes } from './family.ts';
import { gpt2 } from './gpt2/family.ts';
import { drawnFacts, type ModelFacts } from './weights/facts.ts';

const families: readonly Family[] = [gpt2, ...decoderFamilies];

/** Every `model_type` that is taken, in the order of the families. */
export const modelTypes: readonly string[] = families.flatMap((family) => family.modelTypes);

/** The family of a checked configuration. */
export function familyOf({ modelType }: Pick<ModelConfig, 'modelType'>): Family {
  const family = families.find((each) => each.modelTypes.includes(modelType));
  if (family === undefined) throw new Error(`No family of models has the model_type "${modelType}".`);
  return family;
}

/** A config.json without a model_type is GPT-2's, as the oldest ones are. */
function typeIn(json: JsonObject, where: string): string {
  const { model_type: type = 'gpt2' } = json;
  if (typeof type === 'string' && modelTypes.includes(type)) return type;
  const near = typeof type === 'string' ? nearest(type, modelTypes) : undefined;
  throw new UserError(
    'model/family',
    `${where}: model_type is ${JSON.stringify(type)}${near === undefined ? '' : ` (did you mean ${near}?)`}, expected one of ${modelTypes.join(', ')}: other architectures are not supported.`,
  );
}

/**
 * Checks a parsed config.json.
 *
 * @param where Named at the start of every message, usually the file's path.
 * @throws UserError for other architectures, unsupported settings, and values of the wrong type or size.
 */
export function parseConfig(json: unknown, where: string): ModelConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new UserError('gpt2/config', `${where}: expected a JSON object.`);
  const given = { ...json };
  return familyOf({ modelType: typeIn(given, where) }).parseConfig(given, where);
}

/** The config in the text of a config.json. @throws UserError, one line, naming the file. */
export function parseConfigText(text: string, path: string): ModelConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError('gpt2/config', `${path}: not valid JSON (${errorLine(error)}).`, { cause: error });
  }
  return parseConfig(json, path);
}

/** Every parameter by its Hugging Face name with its shape, in the order of Hugging Face's state dict. */
export const parameterShapes = (config: ModelConfig): ReadonlyMap<string, readonly number[]> =>
  familyOf(config).shapes(config);

/** Weights for a model without files; the same seed gives the same bits on every platform. */
export const initialValues = (
  config: ModelConfig,
  name: string,
  size: number,
  seed: number,
): Float32Array<ArrayBuffer> => familyOf(config).initial(config, name, size, seed);

/** The text of a config.json that transformers reads as the same model. */
export const configJson = (config: ModelConfig): string => familyOf(config).configJson(config);

/** The same model in other sizes. @throws UserError for sizes that do not go together */
export const resizeConfig = (config: ModelConfig, sizes: Sizes, where: string): ModelConfig =>
  familyOf(config).resize(config, sizes, where);

/** The stages of a model in the order in which they are computed. */
export const anatomyOf = (config: ModelConfig): Anatomy => familyOf(config).anatomy(config);

/** Whether a parameter is a table of embeddings, of tokens or positions, in any family. */
export const isTable = (parameter: string): boolean => families.some((family) => family.isTable(parameter));

/** One rate at every place where the model's family drops, and 0 where it does not. */
export function dropoutRates(config: ModelConfig, rate: number): DropoutRates {
  const { embeddings, attention, residual } = familyOf(config).dropoutSites;
  const at = (site: string | undefined) => (site === undefined ? 0 : rate);
  return { embeddings: at(embeddings), attention: at(attention), residual: at(residual) };
}

/** A model of weights that lie on the active backend; they are its own from now on. */
export const modelOf = (
  config: ModelConfig,
  parameters: Readonly<Record<string, tf.Variable>>,
  facts: ModelFacts = drawnFacts,
): CausalLM => familyOf(config).build(config, parameters, facts);

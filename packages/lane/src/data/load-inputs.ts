/**
 * A ready batch from a safetensors file: `input_ids`, `attention_mask` and optionally `labels`, `position_ids`,
 * `token_type_ids`, all [B,T] integers. A tensor of another name is refused: nothing in the file is without effect.
 */
import type { CausalLMBatch } from '@nanscope/collator';
import { errorLine, nearest, UserError } from '@nanscope/errors';
import { type InputModel, positionLimit } from '@nanscope/model';
import { readSafetensors, type SafetensorsFile, toIntegers } from '@nanscope/safetensors';
import type { EvalConfig } from '@nanscope/settings';

const IGNORE = -100;
const required = ['input_ids', 'attention_mask'];
/** Names of tensors that a message lists. */
const MOST_NAMES = 5;

const known = [...required, 'labels', 'position_ids', 'token_type_ids'];

async function readGrid(
  file: SafetensorsFile,
  path: string,
  name: string,
  shape?: readonly number[],
): Promise<{ values: Int32Array; shape: readonly number[] }> {
  const tensor = await file.read(name);
  if (!/^([IU](64|32|16|8)|BOOL)$/.test(tensor.dtype)) {
    throw new UserError(
      'inputs/dtype',
      `--load-inputs ${path}: expected ${name} as integers, found ${tensor.dtype}. Save it as I64 or I32.`,
    );
  }
  const expected = shape ?? tensor.shape;
  const fits =
    tensor.shape.length === 2 && tensor.shape.every((size, axis) => size === expected[axis] && size > 0);
  if (!fits) {
    const wanted = shape ? `[${shape}] like input_ids` : '[B,T] with at least one row and column';
    throw new UserError(
      'inputs/shape',
      `--load-inputs ${path}: expected ${name} of shape ${wanted}, found [${tensor.shape}].`,
    );
  }
  try {
    return { values: toIntegers(tensor), shape: tensor.shape };
  } catch (cause) {
    throw new UserError('inputs/range', `--load-inputs ${path}: ${name}: ${errorLine(cause)}`, { cause });
  }
}

function maskPositions(mask: Int32Array, batch: number, length: number): Int32Array {
  const positions = new Int32Array(mask.length);
  for (let row = 0; row < batch; row++) {
    let seen = 0;
    for (let t = 0; t < length; t++) {
      seen += mask[row * length + t]!;
      positions[row * length + t] = Math.max(seen - 1, 0);
    }
  }
  return positions;
}

function checkRange(
  values: Int32Array,
  limit: number,
  path: string,
  what: string,
  length: number,
  ignore?: number,
): void {
  const at = values.findIndex((value) => value !== ignore && (value < 0 || value >= limit));
  if (at < 0) return;
  throw new UserError(
    'inputs/out-of-range',
    `--load-inputs ${path}: expected ${what} from 0 to ${limit - 1}, found ${values[at]} at row ${Math.floor(at / length)}, position ${at % length}.`,
  );
}

/** The first of many names; of weights there are hundreds. */
function namesWords(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ') || 'none';
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}

/** @throws {UserError} `inputs/*`, and what reading safetensors throws */
export async function loadInputs(
  path: string,
  config: EvalConfig,
  model: InputModel,
): Promise<CausalLMBatch> {
  const file = await readSafetensors(path);
  const unknown = file.names.find((name) => !known.includes(name));
  const isWeights = file.names.length > known.length && !required.some((name) => file.names.includes(name));
  if (isWeights)
    throw new UserError(
      'inputs/missing',
      `--load-inputs ${path}: expected tensors ${known.join(', ')}, found ${namesWords(file.names)}: weights of a model. Give their folder to --model.`,
    );
  if (unknown !== undefined) {
    const near = nearest(
      unknown,
      known.filter((name) => !file.names.includes(name)),
    );
    throw new UserError(
      'inputs/unknown-tensor',
      `--load-inputs ${path}: expected tensors ${known.join(', ')}, found "${unknown}"${near === undefined ? '' : ` (did you mean ${near}?)`}. Rename it, or leave it out.`,
    );
  }
  for (const name of required) {
    if (!file.names.includes(name)) {
      throw new UserError(
        'inputs/missing',
        `--load-inputs ${path}: expected a tensor ${name}, found ${namesWords(file.names)}.`,
      );
    }
  }
  const ids = await readGrid(file, path, 'input_ids');
  const [batch, length] = ids.shape as [number, number];
  const read = async (name: string) => (await readGrid(file, path, name, ids.shape)).values;
  const attentionMask = await read('attention_mask');
  checkRange(ids.values, model.vocabulary, path, 'input_ids', length);
  checkRange(attentionMask, 2, path, 'attention_mask', length);
  if (length > positionLimit(model)) {
    throw new UserError(
      'inputs/too-long',
      `--load-inputs ${path}: expected at most ${model.maxPositions} positions (${model.positionsKey} of the model), found ${length}.`,
    );
  }
  const labels = file.names.includes('labels')
    ? await read('labels')
    : ids.values.map((id, at) => (attentionMask[at] ? id : IGNORE));
  checkRange(labels, model.vocabulary, path, 'labels (or -100)', length, IGNORE);
  if (config.ignoreFirstToken) ignoreFirst(labels, attentionMask, batch, length);
  const arange = () => Int32Array.from({ length: ids.values.length }, (_, at) => at % length);
  const positionIds = file.names.includes('position_ids')
    ? await read('position_ids')
    : config.positionIds === 'mask'
      ? maskPositions(attentionMask, batch, length)
      : arange();
  checkRange(positionIds, positionLimit(model), path, 'position_ids', length);
  const tokenTypeIds = file.names.includes('token_type_ids') ? await read('token_type_ids') : undefined;
  if (tokenTypeIds) checkRange(tokenTypeIds, model.vocabulary, path, 'token_type_ids', length);
  const lengths = Array.from({ length: batch }, (_, row) =>
    attentionMask.subarray(row * length, (row + 1) * length).reduce((sum, bit) => sum + bit, 0),
  );
  return {
    ...{ inputIds: ids.values, attentionMask, labels, positionIds },
    ...(tokenTypeIds && { tokenTypeIds }),
    ...{ batch, length, lengths, truncated: 0 },
  };
}

/** The first real token of a row that begins with padding loses its label. */
function ignoreFirst(labels: Int32Array, mask: Int32Array, batch: number, length: number): void {
  for (let row = 0; row < batch; row++) {
    const first = mask.subarray(row * length, (row + 1) * length).indexOf(1);
    if (first > 0) labels[row * length + first] = IGNORE;
  }
}

/** The layout with one index.json and one safetensors file a case: its tensors have the names of the node's. */
import { join } from 'node:path';
import { readSafetensors, type SafetensorsFile, type SafetensorsTensor } from '@nanscope/safetensors';
import type { ConformCase } from '../case.ts';
import { badVectors } from '../vectors/bad-vectors.ts';
import { isObject, type Json, textOf, textsOf } from '../vectors/json-file.ts';
import { onnxCase } from './case.ts';
import { byPosition, checkAttributes, checkOperator } from './check-node.ts';

/** What an index calls the dtypes of safetensors. */
const dtypes: Readonly<Record<string, string>> = {
  float64: 'F64',
  double: 'F64',
  float32: 'F32',
  float: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  bool: 'BOOL',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
};

export const isIndexedNode = (entry: Json) => 'node_inputs' in entry || 'op' in entry || 'opset' in entry;

/**
 * @param id of the case
 * @throws UserError `conform/bad-vectors`, and what reading safetensors throws
 */
export async function readIndexedCase(folder: string, entry: Json, id: string): Promise<ConformCase> {
  const index = join(folder, 'index.json');
  const where = `${index}, ${entry.name}`;
  const opsets = isObject(entry.opset) ? (entry.opset['ai.onnx'] ?? entry.opset['']) : entry.opset;
  const opset = checkOperator(where, entry.op ?? 'Attention', entry.domain, opsets);
  const { attributes = {} } = entry;
  if (!isObject(attributes))
    throw badVectors(where, '"attributes" to be an object', JSON.stringify(attributes));
  const given = Object.entries(attributes).map(([name, value]) => [name, { value }] as const);
  const file = await readSafetensors(join(folder, textOf(where, entry, 'file')));
  return onnxCase({
    id,
    file: file.path,
    opset,
    attributes: checkAttributes(where, given, opset),
    inputs: await tensorsOf(file, where, entry, 'input', opset),
    outputs: await tensorsOf(file, where, entry, 'output', opset),
  });
}

async function tensorsOf(
  file: SafetensorsFile,
  where: string,
  entry: Json,
  kind: 'input' | 'output',
  opset: number,
): Promise<Record<string, SafetensorsTensor>> {
  const names = byPosition(where, kind, textsOf(where, entry, `node_${kind}s`), opset);
  const listed = entry[`${kind}s`];
  const tensors: Record<string, SafetensorsTensor> = {};
  for (const [operatorName, name] of names) {
    if (!file.has(name))
      throw badVectors(file.path, `a tensor "${name}"`, file.names.join(', ') || 'none at all');
    tensors[operatorName] = await file.read(name);
    if (Array.isArray(listed)) checkListed(file, name, tensors[operatorName], listed);
  }
  return tensors;
}

/** The index says dtype and shape as well: both must be those of the file. */
function checkListed(
  file: SafetensorsFile,
  name: string,
  tensor: SafetensorsTensor,
  listed: readonly unknown[],
): void {
  const said = listed.find((item): item is Json => isObject(item) && item.name === name);
  if (!said) return;
  const dtype = dtypes[String(said.dtype).toLowerCase()] ?? said.dtype;
  if (said.dtype !== undefined && dtype !== tensor.dtype)
    throw badVectors(file.path, `tensor "${name}" to be ${dtype}, as index.json says`, tensor.dtype);
  if (Array.isArray(said.shape) && `${said.shape}` !== `${tensor.shape}`)
    throw badVectors(
      file.path,
      `tensor "${name}" to be [${said.shape.join(', ')}], as index.json says`,
      `[${tensor.shape.join(', ')}]`,
    );
}

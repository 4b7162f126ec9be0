/**
 * The layout of ONNX's backend tests: a folder with model.onnx and one or more test_data_set_N, which hold input_I.pb
 * for the graph's I-th input and output_J.pb for its J-th output.
 */

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorLine } from '@nanscope/errors';
import { readSafetensors, type SafetensorsFile, type SafetensorsTensor } from '@nanscope/safetensors';
import type { ConformCase } from '../case.ts';
import { badVectors, isObject, type Json, textOf, textsOf } from '../vectors/json-file.ts';
import { onnxCase } from './case.ts';
import { byPosition, checkAttributes, checkOperator } from './check-node.ts';
import { type Model, type Node, readModel } from './protobuf/model.ts';
import { Malformed, readTensor } from './protobuf/tensor.ts';

// The layout with one index.json and one safetensors file a case: its tensors have the names of the node's.

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

/** Names of the data sets of a folder, in order. */
export async function dataSets(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /^test_data_set_\d+$/.test(name));
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

async function readProto<T>(file: string, what: string, parse: (bytes: Uint8Array) => T): Promise<T> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw badVectors(file, what, error.code === 'ENOENT' ? 'no such file' : errorLine(error));
  });
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof Malformed) throw badVectors(file, what, error.message);
    throw error;
  }
}

/**
 * @param dataSet name of the folder of its tensors
 * @throws UserError `conform/bad-vectors`
 */
export async function readFolderCase(folder: string, dataSet: string, id: string): Promise<ConformCase> {
  const file = join(folder, 'model.onnx');
  const model = await readProto(file, 'an ONNX model', readModel);
  const node = attentionOf(file, model);
  if (typeof node === 'string') return refusedCase(id, node);
  const opset = checkOperator(file, node.operator, node.domain, model.opsets.get(''));
  const attributes = checkAttributes(file, node.attributes, opset);
  const data = join(folder, dataSet);
  const read = (kind: 'input' | 'output', place: number) =>
    readProto(join(data, `${kind}_${place}.pb`), 'a tensor', readTensor);
  const inputs: Record<string, SafetensorsTensor> = {};
  for (const [operatorName, name] of byPosition(file, 'input', node.inputs, opset)) {
    const place = model.inputs.indexOf(name);
    const constant = model.initializers.get(name) ?? constantOf(model, name);
    if (place < 0 && !constant) throw badVectors(file, `an input or initializer "${name}"`, 'none');
    // An initializer that is an input as well is its default.
    const given = place >= 0 && (!constant || existsSync(join(data, `input_${place}.pb`)));
    inputs[operatorName] = given ? await read('input', place) : constant!;
  }
  const outputs: Record<string, SafetensorsTensor> = {};
  for (const [operatorName, name] of byPosition(file, 'output', node.outputs, opset)) {
    const place = model.outputs.indexOf(name);
    // What the node gives and the graph does not is nobody's business.
    if (place >= 0) outputs[operatorName] = await read('output', place);
  }
  return onnxCase({ id, file: data, opset, attributes, inputs, outputs });
}

/** The Attention node; or why the graph is refused. @throws UserError */
function attentionOf(file: string, model: Model): Node | string {
  const nodes = model.nodes.filter(({ operator }) => operator !== 'Constant');
  if (nodes.length === 1) return nodes[0]!;
  const operators = [...new Set(nodes.map(({ operator }) => operator))].join(', ');
  if (
    basename(join(file, '..')).endsWith('_expanded') &&
    !nodes.some(({ operator }) => operator === 'Attention')
  )
    return `the operator written out as ${nodes.length} nodes of others; the case without _expanded has the same numbers`;
  throw badVectors(file, 'one node, Attention', `${nodes.length} nodes (${operators})`);
}

const constantOf = ({ nodes }: Model, name: string) =>
  nodes
    .find(({ operator, outputs }) => operator === 'Constant' && outputs[0] === name)
    ?.attributes.get('value')?.tensor;

function refusedCase(id: string, refused: string): ConformCase {
  return { id, accuracy: 'none', refused, runs: [], judge: () => ({ comparisons: [], controls: [] }) };
}

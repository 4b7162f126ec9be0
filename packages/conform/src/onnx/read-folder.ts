/**
 * The layout of ONNX's backend tests: a folder with model.onnx and one or more test_data_set_N, which hold input_I.pb
 * for the graph's I-th input and output_J.pb for its J-th output.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorLine } from '@nanscope/errors';
import type { SafetensorsTensor } from '@nanscope/safetensors';
import type { ConformCase } from '../case.ts';
import { badVectors } from '../vectors/bad-vectors.ts';
import { onnxCase } from './case.ts';
import { byPosition, checkAttributes, checkOperator } from './check-node.ts';
import { type Model, type Node, readModel } from './protobuf/model.ts';
import { readTensor } from './protobuf/tensor.ts';
import { Malformed } from './protobuf/wire.ts';

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

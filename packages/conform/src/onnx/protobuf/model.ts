/** ModelProto of onnx.proto, as much of it as a test of one operator needs: nodes, attributes, initializers, names. */
import type { SafetensorsTensor } from '@nanscope/safetensors';
import { Malformed, type NamedTensor, readMessage, readTensor } from './tensor.ts';

export interface Node {
  readonly operator: string;
  readonly domain: string;
  /** Names, "" for an optional one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export interface Attribute {
  readonly type: 'INT' | 'FLOAT' | 'INTS' | 'FLOATS' | 'TENSOR' | 'other';
  /** The value of an INT or a FLOAT. */
  readonly value?: number;
  /** The value of a TENSOR. */
  readonly tensor?: SafetensorsTensor;
}

export interface Model {
  /** Version by domain; "" is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, SafetensorsTensor>;
  /** Names, in order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** @throws Malformed */
export function readModel(bytes: Uint8Array): Model {
  const opsets = new Map<string, number>();
  let graph: Uint8Array | undefined;
  readMessage(bytes, (field) => {
    if (field.number === 7) graph = field.bytes();
    if (field.number !== 8) return;
    let domain = '';
    let version = 0;
    readMessage(field.bytes(), (part) => {
      if (part.number === 1) domain = part.text();
      if (part.number === 2) version = part.integer();
    });
    opsets.set(domain === 'ai.onnx' ? '' : domain, version);
  });
  if (!graph) throw new Malformed('a model without a graph');
  return { opsets, ...readGraph(graph) };
}

function readGraph(bytes: Uint8Array): Omit<Model, 'opsets'> {
  const nodes: Node[] = [];
  const tensors: NamedTensor[] = [];
  const inputs: string[] = [];
  const outputs: string[] = [];
  readMessage(bytes, (field) => {
    if (field.number === 1) nodes.push(readNode(field.bytes()));
    if (field.number === 5) tensors.push(readTensor(field.bytes()));
    if (field.number === 11) inputs.push(readName(field.bytes()));
    if (field.number === 12) outputs.push(readName(field.bytes()));
  });
  return { nodes, initializers: new Map(tensors.map((tensor) => [tensor.name, tensor])), inputs, outputs };
}

/** Reads the name of a ValueInfoProto. */
function readName(bytes: Uint8Array): string {
  let name = '';
  readMessage(bytes, (field) => {
    if (field.number === 1) name = field.text();
  });
  return name;
}

function readNode(bytes: Uint8Array): Node {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let operator = '';
  let domain = '';
  readMessage(bytes, (field) => {
    if (field.number === 1) inputs.push(field.text());
    if (field.number === 2) outputs.push(field.text());
    if (field.number === 4) operator = field.text();
    if (field.number === 5) attributes.set(...readAttribute(field.bytes()));
    if (field.number === 7) domain = field.text();
  });
  return { operator, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes };
}

/** AttributeProto.AttributeType. */
const types: Readonly<Record<number, Attribute['type']>> = {
  1: 'FLOAT',
  2: 'INT',
  4: 'TENSOR',
  6: 'FLOATS',
  7: 'INTS',
};

function readAttribute(bytes: Uint8Array): [name: string, attribute: Attribute] {
  let name = '';
  let type = 'other' as Attribute['type'];
  // A writer may leave out a value of 0.
  let float = 0;
  let integer = 0;
  let tensor: SafetensorsTensor | undefined;
  readMessage(bytes, (field) => {
    if (field.number === 1) name = field.text();
    if (field.number === 2) float = field.float();
    if (field.number === 3) integer = field.integer();
    if (field.number === 5) tensor = readTensor(field.bytes());
    if (field.number === 20) type = types[field.integer()] ?? 'other';
  });
  if (type === 'FLOAT') return [name, { type, value: float }];
  if (type === 'INT') return [name, { type, value: integer }];
  return [name, { type, ...(tensor && { tensor }) }];
}

/** A graph of one operator as the bytes of an ONNX file: what onnxruntime is given to run. The reader is in onnx/protobuf. */
import type { Dtype } from '@nanscope/safetensors';
import { PbfWriter } from 'pbf';
import { elementTypeOf } from '../../onnx/protobuf/tensor.ts';

export interface GraphTensor {
  readonly name: string;
  readonly dtype: Dtype;
  /** Absent for an output whose shape follows from the inputs. */
  readonly shape?: readonly number[];
}

export interface OperatorGraph {
  readonly operator: string;
  /** "" is ai.onnx. */
  readonly domain: string;
  /** The opset of the domain. */
  readonly opset: number;
  readonly attributes: Readonly<Record<string, { readonly int: number } | { readonly float: number }>>;
  /** By position; undefined is an optional one that is left out. */
  readonly inputs: readonly (GraphTensor | undefined)[];
  readonly outputs: readonly (GraphTensor | undefined)[];
}

/** The least that has opset 23. */
const IR_VERSION = 11;

/** Types of AttributeProto. */
const FLOAT = 1;
const INT = 2;

export function writeModel(graph: OperatorGraph): Uint8Array {
  const model = new PbfWriter();
  model.writeVarintField(1, IR_VERSION);
  model.writeMessage(7, writeGraph, graph);
  const domains =
    graph.domain === ''
      ? [['', graph.opset]]
      : [
          ['', 23],
          [graph.domain, graph.opset],
        ];
  for (const [domain, version] of domains)
    model.writeMessage(
      8,
      (_: null, opset: PbfWriter) => {
        opset.writeStringField(1, String(domain));
        opset.writeVarintField(2, Number(version));
      },
      null,
    );
  return model.finish();
}

function writeGraph(
  { operator, domain, attributes, inputs, outputs }: OperatorGraph,
  graph: PbfWriter,
): void {
  graph.writeMessage(
    1,
    (_: null, node: PbfWriter) => {
      for (const input of inputs) node.writeStringField(1, input?.name ?? '');
      for (const output of outputs) node.writeStringField(2, output?.name ?? '');
      node.writeStringField(4, operator);
      for (const [name, value] of Object.entries(attributes))
        node.writeMessage(5, writeAttribute, { name, value });
      node.writeStringField(7, domain);
    },
    null,
  );
  graph.writeStringField(2, operator);
  for (const input of inputs) if (input) graph.writeMessage(11, writeValueInfo, input);
  for (const output of outputs) if (output) graph.writeMessage(12, writeValueInfo, output);
}

function writeAttribute(
  { name, value }: { name: string; value: OperatorGraph['attributes'][string] },
  attribute: PbfWriter,
): void {
  attribute.writeStringField(1, name);
  if ('float' in value) attribute.writeFloatField(2, value.float);
  else attribute.writeVarintField(3, value.int);
  attribute.writeVarintField(20, 'float' in value ? FLOAT : INT);
}

function writeValueInfo({ name, dtype, shape }: GraphTensor, info: PbfWriter): void {
  info.writeStringField(1, name);
  info.writeMessage(
    2,
    (_: null, type: PbfWriter) =>
      type.writeMessage(
        1,
        (_none: null, tensor: PbfWriter) => {
          tensor.writeVarintField(1, elementTypeOf(dtype));
          if (shape)
            tensor.writeMessage(
              2,
              (_nothing: null, dimensions: PbfWriter) => {
                for (const size of shape)
                  dimensions.writeMessage(
                    1,
                    (n: number, dimension: PbfWriter) => dimension.writeVarintField(1, n),
                    size,
                  );
              },
              null,
            );
        },
        null,
      ),
    null,
  );
}

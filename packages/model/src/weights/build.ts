/** A model whose weights lie on the active backend: read tensor by tensor from its files, or drawn from a seed. */
import type { ComputeDtype } from '@nanscope/attention';
import { toFloat32 } from '@nanscope/safetensors';
import * as tf from '@tensorflow/tfjs';
import type { CausalLM, ModelConfig } from '../causal-lm.ts';
import { dtypeName, roundedWeights } from '../dtype.ts';
import { initialValues, modelOf, parameterShapes } from '../families.ts';
import { presetConfig } from '../presets.ts';
import { drawnFacts, type ModelFacts, type ModelNote } from './facts.ts';
import { type ModelFolder, openModel } from './model-folder.ts';
import { nonFiniteNote } from './non-finite.ts';

/** What a model can be built from: its files, or a shape (a preset's or any) with weights drawn from a seed. */
export type ModelParts =
  | { readonly folder: ModelFolder }
  | { readonly preset: string; readonly seed: number }
  | { readonly config: ModelConfig; readonly seed: number };

/** The weights of a model that are not on a device yet: read, or drawn, one parameter at a time. */
export interface ModelWeights {
  readonly config: ModelConfig;
  /** What it is to be computed in; default f32. */
  readonly dtype?: ComputeDtype;
  /** What loading found; absent for weights made of others'. */
  readonly facts?: ModelFacts;
  /** @param name as `parameterShapes` has it */
  readonly values: (name: string, size: number) => Promise<Float32Array>;
}

/** Uploads one parameter after the other, so that the host never holds more than one of them. */
export async function buildCausalLM({
  config,
  values,
  facts: read = drawnFacts,
  dtype = 'f32',
}: ModelWeights): Promise<CausalLM> {
  const facts: ModelFacts = { ...read, computedAs: dtypeName(dtype) };
  const parameters: Record<string, tf.Variable> = {};
  const notes: ModelNote[] = [];
  try {
    for (const [name, shape] of parameterShapes(config)) {
      const data = roundedWeights(await values(name, tf.util.sizeFromShape([...shape])), dtype);
      const note = nonFiniteNote(name, shape, data);
      if (note) notes.push(note);
      const tensor = tf.tensor(data, [...shape], 'float32');
      parameters[name] = tf.variable(tensor);
      // TensorFlow copies a tensor's numbers when an op first reads them. Reading one now lets JavaScript free its copy, so that not all
      // weights are held twice.
      if (tf.getBackend() === 'tensorflow')
        tf.dispose(
          tf.slice(
            tensor,
            tensor.shape.map(() => 0),
            tensor.shape.map(() => 1),
          ),
        );
      tensor.dispose();
    }
  } catch (error) {
    for (const parameter of Object.values(parameters)) parameter.dispose();
    throw error;
  }
  return modelOf(config, parameters, { ...facts, notes: [...facts.notes, ...notes] });
}

/** Opens the weights of a model without reading one. @throws UserError as `openModel` does, and for an unknown preset */
export async function openParts(parts: ModelParts, dtype: ComputeDtype = 'f32'): Promise<ModelWeights> {
  if ('folder' in parts) {
    const { config, file, stored, facts } = await openModel(parts.folder, dtype);
    const values = async (name: string, size: number) => {
      const tensor = stored.get(name);
      return tensor === undefined ? new Float32Array(size) : toFloat32(await file.read(tensor));
    };
    return { config, dtype, facts, values };
  }
  const config = 'config' in parts ? parts.config : presetConfig(parts.preset);
  const values = async (name: string, size: number) => initialValues(config, name, size, parts.seed);
  return { config, dtype, facts: drawnFacts, values };
}

/** The decoder's families behind the names that all families share; what they are is in families/. */
import type { Anatomy, Family } from '../family.ts';
import { normalValues } from '../random.ts';
import { configJson, decoderConfig, dropoutKeysOf } from './config.ts';
import { Decoder, type DecoderConfig } from './decoder.ts';
import { decoderTypes } from './families/index.ts';
import { keptAxes } from './kept-axes.ts';
import { decoderNames, decoderShapes } from './names.ts';
import { hasHeadDim, resizedJson } from './resize.ts';
import { configNotes, unusedSettings } from './settings-notes.ts';
import type { DecoderSpec } from './spec.ts';

/** The scale of a norm: the only weights of one axis. */
const isNormScale = (parameter: string): boolean => /norm(s\.\d+)?\.weight$/.test(parameter);

const isSink = ({ attention }: DecoderSpec, parameter: string): boolean =>
  attention.sinks !== null && parameter.endsWith(`.${attention.sinks}`);

/** What leaves a norm without effect. */
const plainScale = ({ norm }: DecoderSpec, parameter: string): number =>
  norm.weightOffset === 1 && !/layernorm\.norms/.test(parameter) ? 0 : 1;

/** As transformers initialises: N(0, range), norms without effect, offsets and sinks 0, the row of the padding token 0. */
function initial(
  { spec }: DecoderConfig,
  name: string,
  size: number,
  seed: number,
): Float32Array<ArrayBuffer> {
  if (isNormScale(name)) return new Float32Array(size).fill(plainScale(spec, name));
  if (name.endsWith('.bias') || isSink(spec, name)) return new Float32Array(size);
  const values = normalValues(seed, name, size, spec.initializerRange);
  const { embedding } = spec;
  if (embedding.padding !== null && name === `${embedding.name}.weight`)
    values.fill(0, embedding.padding * embedding.width, (embedding.padding + 1) * embedding.width);
  return values;
}

function anatomy({ spec }: DecoderConfig): Anatomy {
  const stages = spec.layers.flatMap((_, layer): Anatomy => {
    const path = `${spec.layerPrefix}${layer}`;
    const { attention, mlp } = spec.branches;
    return [
      { kind: 'attention', path: `${path}.${attention.module ?? 'self_attn'}`, layer },
      ...(spec.parallel
        ? []
        : [{ kind: 'attention residual' as const, path: `${path}.attn_residual`, layer }]),
      { kind: 'mlp', path: `${path}.${mlp.module ?? 'mlp'}`, layer },
      { kind: 'output', path: `${path}.${mlp.sum ?? 'output'}`, layer },
    ];
  });
  return [
    { kind: 'embeddings', path: spec.embedding.name },
    ...stages,
    ...(spec.finalNorm === null ? [] : [{ kind: 'final norm' as const, path: spec.finalNorm }]),
    { kind: 'logits', path: spec.head.name },
  ];
}

function decoderFamily(modelType: string): Family<DecoderConfig> {
  const names = decoderNames(modelType);
  const drops = dropoutKeysOf(modelType);
  return {
    modelTypes: [modelType],
    names,
    dropoutSites: drops,
    headsAreChannels: !hasHeadDim(modelType),
    parseConfig: decoderConfig,
    configJson: ({ json }) => configJson(json, names.modelClass),
    configNotes: (json) => configNotes(json, names.modelClass),
    unusedSettings,
    architecture({ json }) {
      const dropped: readonly string[] = [...Object.values(drops), 'architectures', 'dtype', 'torch_dtype'];
      return Object.fromEntries(Object.entries(json).filter(([key]) => !dropped.includes(key)));
    },
    resize: (config, sizes, where) => decoderConfig(resizedJson(config, sizes), where),
    shapes: ({ spec }) => decoderShapes(spec),
    initial,
    build: (config, parameters, facts) => new Decoder(config, parameters, facts),
    anatomy,
    isTable: (parameter) => /\.(embed_tokens|embed_positions|embed_in)\.weight$/.test(parameter),
    plainValue: ({ spec }, parameter) => (isNormScale(parameter) ? plainScale(spec, parameter) : 0),
    keptAxes: ({ spec }, cut, parameter) => keptAxes(spec, cut, parameter),
  };
}

/** One for each `model_type`. */
export const decoderFamilies: readonly Family[] = decoderTypes.map(decoderFamily);

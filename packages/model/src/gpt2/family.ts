/** GPT-2 as a family: its own modules behind the names that all families share. */
import type { ModelConfig } from '../causal-lm.ts';
import type { Anatomy, Family, Sizes } from '../family.ts';
import { type Gpt2Config, gpt2Config } from './config.ts';
import { configJson, configNotes, unusedSettings } from './config-notes.ts';
import { keptAxes } from './cut.ts';
import { Gpt2 } from './model.ts';
import { gpt2Names, initialValues, parameterShapes } from './names.ts';

/** Whether a configuration is GPT-2's, whose settings are under their own names then. */
export const isGpt2Config = (config: ModelConfig): config is Gpt2Config => config.modelType === 'gpt2';

/** The keys of config.json that sizes stand for; undefined stays as it is. */
function changes({ gpt2 }: Gpt2Config, sizes: Sizes): Record<string, unknown> {
  const { width = gpt2.n_embd, mlpWidth, dropoutRate } = sizes;
  return {
    n_layer: sizes.layers,
    n_head: sizes.heads,
    n_embd: width,
    n_inner: mlpWidth === 4 * width ? null : mlpWidth,
    n_positions: sizes.maxPositions,
    vocab_size: sizes.vocabulary,
    bos_token_id: sizes.bosTokenId,
    eos_token_id: sizes.eosTokenId,
    pad_token_id: sizes.padTokenId,
    tie_word_embeddings: sizes.tied,
    embd_pdrop: dropoutRate,
    attn_pdrop: dropoutRate,
    resid_pdrop: dropoutRate,
  };
}

function anatomy({ layers }: Gpt2Config): Anatomy {
  const stages = Array.from({ length: layers }, (_, layer): Anatomy => {
    const path = `transformer.h.${layer}`;
    return [
      { kind: 'attention', path: `${path}.attn`, layer },
      { kind: 'mlp', path: `${path}.mlp`, layer },
      { kind: 'output', path: `${path}.output`, layer },
    ];
  });
  return [
    { kind: 'embeddings', path: 'transformer.embeddings' },
    ...stages.flat(),
    { kind: 'final norm', path: 'transformer.ln_f' },
    { kind: 'logits', path: 'lm_head' },
  ];
}

export const gpt2: Family<Gpt2Config> = {
  modelTypes: ['gpt2'],
  names: gpt2Names,
  dropoutSites: { embeddings: 'embd_pdrop', attention: 'attn_pdrop', residual: 'resid_pdrop' },
  headsAreChannels: true,
  parseConfig: gpt2Config,
  configJson: ({ gpt2 }) => configJson(gpt2),
  configNotes,
  unusedSettings,
  // Dropout changes no shape: a run may go on with another rate.
  architecture({ gpt2: { embd_pdrop: _, attn_pdrop: __, resid_pdrop: ___, ...architecture } }) {
    return architecture;
  },
  resize(config, sizes, where) {
    const changed = Object.entries(changes(config, sizes)).filter(([, value]) => value !== undefined);
    return gpt2Config({ ...config.gpt2, model_type: 'gpt2', ...Object.fromEntries(changed) }, where);
  },
  shapes: ({ gpt2 }) => parameterShapes(gpt2),
  initial: ({ gpt2 }, name, size, seed) => initialValues(gpt2, name, size, seed),
  build: (config, parameters, facts) => new Gpt2(config, parameters, facts),
  anatomy,
  isTable: (parameter) => /\.(wte|wpe)\.weight$/.test(parameter),
  plainValue: (_, parameter) => (/\.ln_(1|2|f)\.weight$/.test(parameter) ? 1 : 0),
  keptAxes: ({ gpt2 }, cut, parameter) => keptAxes(gpt2, cut, parameter),
};

/**
 * Names in what is written down: where in a model a module path lies, and what a backend is called. Paths are scopes joined
 * by slashes, the first of them a module by its Hugging Face name: `transformer.h.3/attn/probs`, `model.layers.3/self_attn/q_proj`. No tfjs here.
 */

/** What names of modules begin with, by family. */
const prefix = String.raw`(?:transformer|gpt_neox|model\.decoder|model)\.`;
const layered = new RegExp(`^(${prefix}(h|layers)\\.)(\\d+)(?=$|[/.])`);
const embeddings = new RegExp(`^${prefix}(?:embeddings|embed_tokens|embed_in)$`);
const lastNorm = new RegExp(`^${prefix}(?:ln_f|norm|final_layer_norm)$`);
const ofModel = new RegExp(`^${prefix}`);

/** The number of the layer that a path, or a key that holds one, lies in; undefined outside of the layers. */
export function layerNumber(key: string): number | undefined {
  const layer = new RegExp(`(?:^|/)${prefix}(?:h|layers)\\.(\\d+)(?=$|[/.])`).exec(key)?.[1];
  return layer === undefined ? undefined : Number(layer);
}

/** A key in which the layer is any: `model.layers.*`. */
export const anyLayer = (key: string): string =>
  key.replace(new RegExp(`((?:^|/)${prefix}(?:h|layers)\\.)\\d+(?=$|[/.])`), '$1*');

/** The part of a model that a path lies in, as a picture names it: `h.3`, `layers.3`, `embed_tokens`; undefined outside of the model. */
export function stageOf(path: string): string | undefined {
  const layer = layered.exec(path);
  if (layer) return `${layer[2]}.${layer[3]}`;
  const [first = ''] = path.split('/');
  return ofModel.test(first) ? first.replace(ofModel, '') : undefined;
}

/** Scopes whose outputs get a class per row: the embeddings, the output of each layer, the last norm. */
export const isResidualStream = (path: string): boolean =>
  embeddings.test(path) || isLastNorm(path) || /(^|\/)output$/.test(path) || postNorm.test(path);

/** OPT with the norm behind the sum: what the layer gives is the norm's. */
const postNorm = /^model\.decoder\.layers\.\d+\/final_layer_norm$/;

export const isLastNorm = (path: string): boolean => lastNorm.test(path);

// What people call a backend, which is `javascript` for the id `cpu`.

/**
 * The backend `cpu` of TensorFlow.js is plain JavaScript, while `--device cpu` is whichever CPU backend is fastest: reports use
 * one word for each. Records keep `cpu`, as a backend and as a label: it is a contract with those who read them.
 *
 * @param id of a backend, or a decision's label
 */
export const backendName = (id: string): string => (id === 'cpu' ? 'javascript' : id);

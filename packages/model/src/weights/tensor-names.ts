/**
 * From the names of tensors in a file to the parameters of the model. Names only, and what may be absent or left over;
 * shapes and dtypes are checked in match-tensors.ts.
 */
import { nearest, UserError } from '@nanscope/errors';

/** What PyTorch's wrappers put before the names of what they wrap: compiled, parallel, Lightning and adapter modules. */
const wrapper = /(?<=^|\.)(_orig_mod|module|base_model|model)\./g;

/**
 * A name without wrappers and without the `transformer.` that OpenAI's checkpoints leave out: `h.0.ln_1.weight`.
 */
export const plain = (name: string): string => name.replace(wrapper, '').replace(/^transformer\./, '');

/** The wrappers that a name has, as they stand in it. */
const wrappersOf = (name: string): string[] => [...name.matchAll(wrapper)].map(([found]) => found);

/** Causal masks and tables that old checkpoints hold; not parameters. */
const isBuffer = (name: string) =>
  /^h\.\d+\.(attn|crossattention)\.(bias|masked_bias)$|(^|\.)rotary_emb\.|(^|\.)inv_freq$/.test(name);

/** Of a block, counted from any index: nothing there may be left over, since the model would be another one. */
const isOfBlock = (name: string) => /^h\.\d+\./.test(name);

/** All layers as one name: `h.*.attn.bias`. */
export const kindOf = (name: string): string => name.replace(/^h\.\d+\./, 'h.*.');

export interface NamedTensors {
  /** Name in the file by parameter name. */
  readonly stored: ReadonlyMap<string, string>;
  /** Biases of a model trained without them. */
  readonly absent: ReadonlySet<string>;
  /** Wrappers that were taken off. */
  readonly wrappers: readonly string[];
  /** Names of mask buffers and the like, layers told as one. */
  readonly buffers: readonly string[];
  /** Names that GPT-2 has no use for: of another head, of another model. */
  readonly foreign: readonly string[];
}

/** Names in the file by plain name. @throws UserError when two stand for the same */
function byPlainName(path: string, names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of names) {
    const earlier = found.get(plain(name));
    if (earlier !== undefined) {
      throw new UserError(
        'gpt2/ambiguous-tensor',
        `${path}: tensors "${earlier}" and "${name}" both stand for "${plain(name)}", expected one. Write the file again with one of them.`,
      );
    }
    found.set(plain(name), name);
  }
  return found;
}

/** Biases that the file leaves out altogether: those of all linear layers, of all LayerNorms, or both. */
function absentBiases(parameters: readonly string[], inFile: ReadonlyMap<string, string>): Set<string> {
  const biases = parameters.filter((name) => name.endsWith('.bias'));
  const ofNorms = (name: string) => /\.ln_(1|2|f)\.bias$/.test(name);
  const groups = [biases.filter(ofNorms), biases.filter((name) => !ofNorms(name))];
  return new Set(groups.filter((group) => !group.some((name) => inFile.has(plain(name)))).flat());
}

/**
 * Finds each parameter in the file.
 *
 * @param parameters as `parameterShapes` names them
 * @throws UserError for a parameter that is missing, and for a tensor of a block that no parameter stands for
 */
export function nameTensors(
  path: string,
  names: readonly string[],
  parameters: readonly string[],
  shape: string,
): NamedTensors {
  const inFile = byPlainName(
    path,
    names.filter((name) => !isBuffer(plain(name))),
  );
  const absent = absentBiases(parameters, inFile);
  const stored = new Map<string, string>();
  for (const name of parameters) {
    const found = inFile.get(plain(name));
    if (found !== undefined) stored.set(name, found);
    else if (!absent.has(name)) {
      const near = nearest(plain(name), [...inFile.keys()]);
      throw new UserError(
        'gpt2/missing-tensor',
        `${path}: tensor "${name}" is missing${near === undefined ? '' : `; the nearest name is "${inFile.get(near)}"`}.`,
      );
    }
    inFile.delete(plain(name));
  }
  const extra = [...inFile].find(([name]) => isOfBlock(name));
  if (extra !== undefined) {
    throw new UserError(
      'gpt2/unexpected-tensor',
      `${path}: tensor "${extra[1]}" is not part of a GPT-2 with this config.json (${shape}).`,
    );
  }
  const kinds = (some: Iterable<string>) => [...new Set([...some].map((name) => kindOf(plain(name))))];
  return {
    stored,
    absent,
    wrappers: [...new Set([...stored.values()].flatMap(wrappersOf))],
    buffers: kinds(names.filter((name) => isBuffer(plain(name)))),
    foreign: [...inFile.values()],
  };
}

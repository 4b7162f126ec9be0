/**
 * From the names of tensors in a file to the parameters of the model. Names only, and what may be absent or left over;
 * shapes and dtypes are checked in match-tensors.ts.
 */
import { nearest, UserError } from '@nanscope/errors';
import type { TensorNames } from '../family.ts';

/** What PyTorch's wrappers put before the names of what they wrap: compiled, parallel, Lightning and adapter modules. */
const wrapper = /(?<=^|\.)(_orig_mod|module|base_model|model)\./g;

/** The head's weight as a parameter. */
export const HEAD = 'lm_head.weight';

/** A name without wrappers and without the prefix that files of a base model leave out: `h.0.ln_1.weight`. */
export function plain(name: string, { prefix, headInFile }: TensorNames): string {
  const own = name.replace(wrapper, '');
  if (own === headInFile) return HEAD;
  return own.startsWith(prefix) ? own.slice(prefix.length) : own;
}

/** The wrappers that a name in the file has and the parameter has not, as they stand in it. */
function wrappersOf(stored: string, parameter: string): string[] {
  const own = [...parameter.matchAll(wrapper)].map(([found]) => found);
  const found = [...stored.matchAll(wrapper)].map(([each]) => each);
  for (const each of own) if (found.includes(each)) found.splice(found.indexOf(each), 1);
  return found;
}

/** The name of a layer's tensor, whatever its index. */
const ofLayer = /^(|.*\.)(h|layers)\.\d+\./;

/** All layers as one name: `h.*.attn.bias`. */
const kindOf = (name: string): string => name.replace(ofLayer, '$1$2.*.');

export interface NamedTensors {
  /** Name in the file by parameter name. */
  readonly stored: ReadonlyMap<string, string>;
  /** Parameters that the file leaves out and may. */
  readonly absent: ReadonlySet<string>;
  /** Wrappers that were taken off. */
  readonly wrappers: readonly string[];
  /** Names of mask buffers and the like, layers told as one. */
  readonly buffers: readonly string[];
  /** Names that the model has no use for: of another head, of another model. */
  readonly foreign: readonly string[];
}

/** Names in the file by plain name. @throws UserError when two stand for the same */
function byPlainName(path: string, names: readonly string[], family: TensorNames): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of names) {
    const short = plain(name, family);
    const earlier = found.get(short);
    if (earlier !== undefined) {
      throw new UserError(
        'gpt2/ambiguous-tensor',
        `${path}: tensors "${earlier}" and "${name}" both stand for "${short}", expected one. Write the file again with one of them.`,
      );
    }
    found.set(short, name);
  }
  return found;
}

/**
 * Finds each parameter in the file.
 *
 * @param parameters as `parameterShapes` names them
 * @param layers what config.json says of them, for a message: `n_layer 2`
 * @throws UserError for a parameter that is missing, and where a family says so for a tensor of a layer that no parameter stands for
 */
export function nameTensors(
  path: string,
  names: readonly string[],
  parameters: readonly string[],
  family: TensorNames,
  layers: string,
): NamedTensors {
  const isBuffer = (name: string) => family.isBuffer(plain(name, family));
  const inFile = byPlainName(
    path,
    names.filter((name) => !isBuffer(name)),
    family,
  );
  const absent =
    family.absent?.(parameters, (parameter) => inFile.has(plain(parameter, family))) ?? new Set<string>();
  const stored = new Map<string, string>();
  for (const name of parameters) {
    const short = plain(name, family);
    const found = inFile.get(short);
    if (found !== undefined) stored.set(name, found);
    else if (!absent.has(name)) {
      const near = nearest(short, [...inFile.keys()]);
      throw new UserError(
        'gpt2/missing-tensor',
        `${path}: tensor "${name}" is missing${near === undefined ? '' : `; the nearest name is "${inFile.get(near)}"`}.`,
      );
    }
    inFile.delete(short);
  }
  const extra = family.refusesLeftOver ? [...inFile].find(([name]) => ofLayer.test(name)) : undefined;
  if (extra !== undefined) {
    throw new UserError(
      'gpt2/unexpected-tensor',
      `${path}: tensor "${extra[1]}" is not part of a GPT-2 with this config.json (${layers}).`,
    );
  }
  const kinds = (some: readonly string[]) => [...new Set(some.map((name) => kindOf(plain(name, family))))];
  return {
    stored,
    absent,
    wrappers: [...new Set([...stored].flatMap(([parameter, name]) => wrappersOf(name, parameter)))],
    buffers: kinds(names.filter(isBuffer)),
    foreign: family.refusesLeftOver ? [...inFile.values()] : kinds([...inFile.values()]),
  };
}

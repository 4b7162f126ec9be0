/**
 * From a weights' file to the parameters of a model: which tensor each is, whether shapes and dtypes fit, whether the
 * head is tied. Where another reader of the file would do something else, a note says so.
 */
import { UserError } from '@nanscope/errors';
import { type SafetensorsFile, toFloat32, toFloat64 } from '@nanscope/safetensors';
import type { ModelConfig } from '../causal-lm.ts';
import { familyOf, parameterShapes, resizeConfig } from '../families.ts';
import { type ModelNote, someOf } from './facts.ts';
import { HEAD, type NamedTensors, nameTensors, plain } from './tensor-names.ts';

const floatDtypes = ['F32', 'F16', 'BF16', 'F64'];

export interface MatchedTensors {
  /** As config.json says, but untied where the file holds a head of its own. */
  readonly config: ModelConfig;
  /** Name in the file by parameter name; a parameter without one is zero. */
  readonly stored: ReadonlyMap<string, string>;
  readonly storedAs: readonly string[];
  readonly notes: readonly ModelNote[];
  readonly unusedTensors: readonly string[];
}

function checkTensor(
  file: SafetensorsFile,
  [parameter, stored]: readonly [string, string],
  expected: readonly number[],
  config: ModelConfig,
): void {
  const { names } = familyOf(config);
  const { shape, dtype } = file.info(stored);
  if (shape.join() !== expected.join()) {
    const turned = expected.length === 2 && shape.join() === [...expected].reverse().join();
    const advice = turned ? names.transposed?.(stored) : undefined;
    throw new UserError(
      'gpt2/shape',
      `${file.path}: tensor "${stored}" has shape [${shape.join(', ')}], config.json asks for [${expected.join(', ')}] (${names.settingsOf(parameter, config)}).${advice === undefined ? '' : ` ${advice}`}`,
    );
  }
  if (!floatDtypes.includes(dtype)) {
    throw new UserError(
      'gpt2/dtype',
      `${file.path}: tensor "${stored}" has dtype ${dtype}, expected one of ${floatDtypes.join(', ')}.`,
    );
  }
}

/** A float64 that float32 cannot hold would be an infinity that the model does not have. @throws UserError naming the first */
async function checkRange(file: SafetensorsFile, stored: string): Promise<void> {
  const tensor = await file.read(stored);
  const values = toFloat64(tensor);
  const at = values.findIndex((value) => Number.isFinite(value) && !Number.isFinite(Math.fround(value)));
  if (at < 0) return;
  let rest = at;
  const place = [...tensor.shape].reverse().map((size) => {
    const index = rest % size;
    rest = (rest - index) / size;
    return index;
  });
  throw new UserError(
    'gpt2/overflow',
    `${file.path}: tensor "${stored}" holds ${values[at]} at [${place.reverse().join(', ')}], expected at most 3.4028235e+38: weights are computed in float32, where it would be infinite.`,
  );
}

/** As torch.equal has it: 0 is -0, and NaN is not itself. */
async function sameValues(file: SafetensorsFile, one: string, other: string): Promise<boolean> {
  const [a, b] = [toFloat32(await file.read(one)), toFloat32(await file.read(other))];
  return a.every((value, index) => value === b[index]);
}

interface Head {
  readonly tied: boolean;
  readonly note?: string;
}

/** Whether the head of a file that has a tensor for it is the token table, where config.json ties them. */
async function headOf(
  file: SafetensorsFile,
  stored: ReadonlyMap<string, string>,
  tableName: string,
): Promise<Head> {
  const [head, table] = [stored.get(HEAD), stored.get(tableName)];
  if (head === undefined || table === undefined) return { tied: true };
  if (await sameValues(file, head, table)) return { tied: true };
  return {
    tied: false,
    note: `the head is the stored ${HEAD}, which differs from ${tableName}: transformers 5 keeps it as well, transformers 4.57 would take ${tableName} in its place (tie_word_embeddings is true or absent in config.json)`,
  };
}

const headOnlyNote = (table: string) =>
  `the file has no ${table}: its ${HEAD} is taken for both, as transformers 5 does; transformers 4.57 cannot load it`;

/** What the names in the file say of where it comes from. */
function namesNotes({ wrappers, absent, foreign }: NamedTensors): string[] {
  const notes: string[] = [];
  if (wrappers.length > 0)
    notes.push(
      `"${wrappers.join('", "')}" is taken off the names in the file; transformers leaves it, finds no weight, and draws all of them at random`,
    );
  if (absent.size > 0)
    notes.push(
      `${absent.size} biases are zero, since the file holds none of their kind (a model with bias=False); transformers does the same, and warns of missing keys`,
    );
  if (foreign.length > 0)
    notes.push(`tensors that are no part of the model are not used, as in transformers: ${someOf(foreign)}`);
  return notes;
}

/** @throws UserError for a tensor that is missing, of another shape or dtype, beyond float32, or not part of the model */
export async function matchTensors(file: SafetensorsFile, config: ModelConfig): Promise<MatchedTensors> {
  const { names: family } = familyOf(config);
  const { table } = family;
  const withHead = (tied: boolean) =>
    tied === config.tied ? config : resizeConfig(config, { tied }, file.path);
  const plainNames = new Map(file.names.map((name) => [plain(name, family), name]));
  const tie = config.tied;
  const ownHead = plainNames.get(HEAD);
  const headOnly = tie && ownHead !== undefined && !plainNames.has(plain(table, family));
  const shapes = parameterShapes(withHead(tie && (headOnly || ownHead === undefined)));
  if (!tie && ownHead === undefined) {
    throw new UserError(
      'gpt2/missing-tensor',
      `${file.path}: tensor "${HEAD}" is missing, and tie_word_embeddings is false in config.json. Set it to true if the head is ${table}.`,
    );
  }
  const names = headOnly ? file.names.map((name) => (name === ownHead ? table : name)) : file.names;
  const found = nameTensors(file.path, names, [...shapes.keys()], family, `n_layer ${config.layers}`);
  const stored = new Map(found.stored);
  if (headOnly) stored.set(table, ownHead);
  for (const pair of stored) checkTensor(file, pair, shapes.get(pair[0])!, config);
  const { tied, note } = tie ? await headOf(file, stored, table) : { tied: false };
  if (tied) stored.delete(HEAD);
  for (const tensor of stored.values()) if (file.info(tensor).dtype === 'F64') await checkRange(file, tensor);
  const notes = [headOnly ? headOnlyNote(table) : note, ...namesNotes(found)].filter(
    (text) => text !== undefined,
  );
  return {
    config: withHead(tied),
    stored,
    storedAs: [...new Set([...stored.values()].map((name) => file.info(name).dtype))],
    notes: notes.map((text) => ({ about: 'weights', text })),
    unusedTensors: [...found.buffers, ...found.foreign],
  };
}

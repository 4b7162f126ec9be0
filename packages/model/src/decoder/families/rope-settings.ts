/**
 * Rotary settings in both spellings: `rope_parameters` of transformers 5, and the earlier `rope_theta`, `rope_scaling`,
 * `partial_rotary_factor` beside each other. Which one is taken where both are there follows transformers 5.24
 * (`convert_rope_params_to_dict` and `standardize_rope_params`).
 */
import { Fields } from '../fields.ts';
import type { RopeScaling, RopeSpec } from '../spec.ts';

/** What a family's class adds to the common reading. */
export interface RopeDefaults {
  readonly headDim: number;
  readonly maxPositions: number;
  /** Default 10000. */
  readonly theta?: number;
  /** The key of the base beside `rope_parameters`. Default `rope_theta`. */
  readonly thetaKey?: string;
  /** The fraction of a head that turns, for families whose modules turn a part; in the others a whole head turns. */
  readonly fraction?: { readonly key: string; readonly absent: number };
  /** Where a batch counts as long, if config.json has no `original_max_position_embeddings`. Default: maxPositions. */
  readonly originalPositions?: number;
  /** Names of rope types that stand for others in this family. */
  readonly aliases?: Readonly<Record<string, string>>;
}

const ropeTypes = ['default', 'linear', 'dynamic', 'llama3', 'yarn', 'longrope', 'proportional'] as const;
type RopeType = (typeof ropeTypes)[number];
const isRopeType = (name: unknown): name is RopeType => ropeTypes.some((known) => known === name);

/** The magnitude of yarn: by the settings that DeepSeek added, where both are there. */
function yarnMagnitude(rope: Fields, factor: number): number {
  const explicit = rope.positiveOrNull('attention_factor', null);
  if (explicit !== null) return explicit;
  const grown = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const [above, below] = [rope.number('mscale', 0), rope.number('mscale_all_dim', 0)];
  return above !== 0 && below !== 0 ? grown(above) / grown(below) : grown(1);
}

function longropeMagnitude(rope: Fields, factor: number, positions: number): number {
  const explicit = rope.positiveOrNull('attention_factor', null);
  if (explicit !== null) return explicit;
  return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(positions));
}

function divisors(rope: Fields, key: string, dims: number): readonly number[] {
  const values = rope.numbers(key);
  const pairs = Math.ceil(dims / 2);
  if (values.length === pairs) return values;
  if (values.length === 1) return Array.from({ length: pairs }, () => values[0]!);
  return rope.refuse(
    `${key} has ${values.length} numbers, expected ${Math.ceil(dims / 2)}, half of the ${dims} that rotate.`,
  );
}

function required(rope: Fields, key: string): number {
  return rope.has(key)
    ? rope.positive(key, 1)
    : rope.refuse(`${key} is missing, expected a finite number above 0.`);
}

/** Where the numbers of a scaling come from. */
interface ScalingSource {
  /** The object with the settings of the rope. */
  readonly rope: Fields;
  readonly maxPositions: number;
  /** The length that the model was trained on. */
  readonly original: number;
  readonly dims: number;
  readonly fraction: number;
}

function scalingOf(
  type: RopeType,
  { rope, maxPositions, original, dims, fraction }: ScalingSource,
): RopeScaling {
  switch (type) {
    case 'default':
      return { type };
    case 'linear':
      return { type, factor: required(rope, 'factor') };
    case 'dynamic':
      if (dims === 2)
        rope.refuse('the rope type is "dynamic", and 2 numbers of a head turn: expected another number.');
      return { type, factor: required(rope, 'factor'), positions: maxPositions };
    case 'proportional':
      return { type, factor: rope.positive('factor', 1), fraction };
    case 'llama3':
      return {
        type,
        factor: required(rope, 'factor'),
        lowFrequency: required(rope, 'low_freq_factor'),
        highFrequency: required(rope, 'high_freq_factor'),
        positions: original,
      };
    case 'yarn': {
      if (dims % 2 !== 0 && dims !== 3)
        rope.refuse(`the rope type is "yarn", and ${dims} numbers of a head turn: expected an even number.`);
      const factor = rope.positiveOrNull('factor', null) ?? maxPositions / original;
      return {
        type,
        factor,
        fast: rope.positive('beta_fast', 32),
        slow: rope.positive('beta_slow', 1),
        truncate: rope.flag('truncate', true),
        positions: original,
        magnitude: yarnMagnitude(rope, factor),
      };
    }
    case 'longrope': {
      const factor = rope.positiveOrNull('factor', null) ?? maxPositions / original;
      return {
        type,
        short: divisors(rope, 'short_factor', dims),
        long: divisors(rope, 'long_factor', dims),
        positions: original,
        magnitude: longropeMagnitude(rope, factor, original),
      };
    }
    default:
      return type satisfies never;
  }
}

/** The name of the rope type, under its key of today or the earlier one. */
function typeOf(rope: Fields, aliases: RopeDefaults['aliases'] = {}): RopeType {
  const key = rope.has('rope_type') ? 'rope_type' : 'type';
  const name = rope.has(key) ? String(rope.json[key]) : 'default';
  const type = Object.hasOwn(aliases, name) ? aliases[name] : name;
  if (isRopeType(type)) return type;
  return rope.refuseValue(key, `expected one of ${ropeTypes.join(', ')}`);
}

/**
 * The rotary setting in `rope`, or null where so small a fraction of a head turns that nothing does.
 *
 * @param rope the object that holds it: `rope_parameters`, `rope_scaling`, or an empty one
 * @param model the whole config.json
 * @throws UserError `model/config`
 */
export function ropeFrom(rope: Fields, model: Fields, defaults: RopeDefaults): RopeSpec | null {
  const { headDim, maxPositions, thetaKey = 'rope_theta', fraction: fractional } = defaults;
  if (rope.has('mrope_section'))
    rope.refuseValue('mrope_section', 'positions of several axes are not supported');
  const type = typeOf(rope, defaults.aliases);
  const theta = rope.positive('rope_theta', model.positive(thetaKey, defaults.theta ?? 10_000));
  const beside = fractional?.key ?? 'partial_rotary_factor';
  const given = rope.rate('partial_rotary_factor', model.rate(beside, fractional?.absent ?? 1));
  // The tables of plain positions are those of whole heads, whatever the setting says.
  const ignored = given !== 1 && fractional === undefined && type === 'default';
  if (ignored)
    model.remark(
      `partial_rotary_factor is ${given}: without effect in a ${model.json.model_type}, whose heads turn as a whole`,
    );
  const fraction = ignored ? 1 : given;
  const dims = type === 'proportional' ? headDim : Math.trunc(headDim * fraction);
  if (fractional === undefined && dims !== headDim && 2 * Math.ceil(dims / 2) !== headDim)
    (rope.has('partial_rotary_factor') ? rope : model).refuseValue(
      'partial_rotary_factor',
      `expected 1: with the rope type "${type}" heads of this family rotate as a whole`,
    );
  if (2 * Math.ceil(dims / 2) > headDim)
    model.refuse(`heads have ${headDim} numbers, expected an even number: they turn in pairs.`);
  if (dims === 0) return null;
  const original = model.size(
    'original_max_position_embeddings',
    defaults.originalPositions ?? rope.size('original_max_position_embeddings', maxPositions),
  );
  return { theta, dims, scaling: scalingOf(type, { rope, maxPositions, original, dims, fraction }) };
}

/** The rotary setting of a model that has one for all layers. */
export function ropeOf(model: Fields, defaults: RopeDefaults): RopeSpec | null {
  const rope = ropeObject(model);
  const nested = Object.keys(rope.json).find((key) => key.endsWith('_attention'));
  if (nested !== undefined) rope.refuseValue(nested, 'expected one rotary setting for all layers');
  return ropeFrom(rope, model, defaults);
}

/** The same with another base. */
export const ropeWith = (model: Fields, defaults: RopeDefaults, theta: number): RopeSpec | null =>
  ropeOf(
    model.over({
      ...model.json,
      rope_scaling: null,
      rope_parameters: { ...ropeObject(model).json, rope_theta: theta },
    }),
    defaults,
  );

/** `rope_scaling`, which goes first where it says something, or `rope_parameters`, or nothing set. */
function ropeObject(model: Fields): Fields {
  const [earlier, today] = [model.below('rope_scaling'), model.below('rope_parameters')];
  if (earlier && Object.keys(earlier.json).length > 0) return earlier;
  return today ?? new Fields({}, model.where);
}

/** From the words of a command line or a config file to a policy: a preset, and what is changed about it. */
import { type ErrorCode, nearest, UserError } from '@nanscope/errors';
import {
  BFLOAT16_MIN,
  type Composition,
  type ComputeDtype,
  type Fill,
  FLOAT16_MIN,
  FLOAT32_MIN,
  type Policy,
  type RowGuard,
} from './policy.ts';
import { type PresetName, policies, presentPolicyName, presetNames } from './presets.ts';

/** The words accepted for each part; help texts list these. */
export const policyWords = {
  fill: ['select-inf', 'additive-inf', 'finfo-min', 'additive-finfo-min'],
  compose: ['and', 'add', 'causal-dropped', 'causal-twice'],
  rowGuard: ['none', 'zeros', 'self', 'attend-all'],
  computeDtype: ['f32', 'f16', 'bf16'],
} as const satisfies {
  fill: readonly string[];
  compose: readonly Composition[];
  rowGuard: readonly RowGuard[];
  computeDtype: readonly ComputeDtype[];
};

export interface PolicyRequest {
  /** Default: safe. */
  readonly preset?: string | undefined;
  /** A word of `policyWords.fill`, a number (selected), or `select:-1e9`, `additive:-1e9`. */
  readonly fill?: string | number | undefined;
  readonly compose?: string | undefined;
  readonly rowGuard?: string | undefined;
  readonly computeDtype?: string | undefined;
}

/**
 * @throws UserError `policy/unknown-preset`, `policy/unknown-word`, `policy/fill`
 * @example policyFrom({ preset: 'torch-2.4', rowGuard: 'zeros' }).name // 'torch-2.4 rowGuard=zeros'
 */
export function policyFrom(request: PolicyRequest = {}): Policy {
  const preset =
    policies[
      oneOf(
        'preset',
        presentPolicyName(request.preset ?? 'safe'),
        presetNames,
        'policy/unknown-preset',
      ) as PresetName
    ];
  const word = <K extends 'compose' | 'rowGuard' | 'computeDtype'>(key: K): Policy[K] =>
    request[key] === undefined
      ? preset[key]
      : (oneOf(key, request[key], policyWords[key], 'policy/unknown-word') as Policy[K]);
  const computeDtype = word('computeDtype');
  const rowGuard = word('rowGuard');
  const fill = request.fill === undefined ? preset.fill : fillFrom(request.fill);
  const changed = (['fill', 'compose', 'rowGuard', 'computeDtype'] as const).flatMap((key) =>
    request[key] === undefined ? [] : [`${key}=${String(request[key]).replace(/\s+/g, '-')}`],
  );
  return {
    name: [preset.name, ...changed].join(' '),
    fill:
      isFinfoMin(request.fill, preset.fill) && computeDtype !== 'f32'
        ? { ...fill, value: computeDtype === 'f16' ? FLOAT16_MIN : BFLOAT16_MIN }
        : fill,
    compose: word('compose'),
    rowGuard,
    computeDtype,
    ...(preset.scalesProduct && { scalesProduct: preset.scalesProduct }),
    ...(preset.scoreRounding && { scoreRounding: preset.scoreRounding }),
    ...(preset.dropsScaleSettings && { dropsScaleSettings: preset.dropsScaleSettings }),
    ...(preset.guardReads && { guardReads: preset.guardReads }),
    // A guard that lets a dead row see something, or none, needs q, k and v as they are.
    ...(preset.clearMasked !== undefined &&
      rowGuard === preset.rowGuard && { clearMasked: preset.clearMasked }),
  };
}

/** finfo.min is a different number in each dtype; a number that was typed is taken as it is. */
function isFinfoMin(value: string | number | undefined, preset: Fill): boolean {
  if (value === undefined) return preset.value === FLOAT32_MIN;
  return (
    typeof value === 'string' && /^(select |additive )?(finfo-min|additive-finfo-min)$/.test(canonical(value))
  );
}

/** "select -inf" and "select_inf" mean select-inf. */
function canonical(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replace(/^(select|additive)[\s:_-]+-?(inf|infinity)$/, '$1-inf')
    .replace(/^(additive)[\s:_-]+finfo[-_]min$/, '$1-finfo-min')
    .replace(/^(select)[\s:_-]+finfo[-_]min$/, 'finfo-min');
}

function fillFrom(fill: string | number): Fill {
  const word = canonical(String(fill));
  switch (word) {
    case 'select-inf':
      return { how: 'select', value: Number.NEGATIVE_INFINITY };
    case 'additive-inf':
      return { how: 'additive', value: Number.NEGATIVE_INFINITY };
    case 'finfo-min':
      return { how: 'select', value: FLOAT32_MIN };
    case 'additive-finfo-min':
      return { how: 'additive', value: FLOAT32_MIN };
  }
  const match = /^(?:(select|additive)[\s:]+)?([-+.\de]+|-?inf(?:inity)?)$/.exec(word);
  const value = match ? (/inf/.test(match[2]!) ? Number.NEGATIVE_INFINITY : Number(match[2])) : Number.NaN;
  if (!match || Number.isNaN(value) || match[2] === '') {
    const near = nearest(word, policyWords.fill);
    throw new UserError(
      'policy/fill',
      `Unknown fill "${fill}"${near ? `, did you mean ${near}?` : '.'} Expected ${policyWords.fill.join(', ')}, a number, or select:NUMBER, additive:NUMBER.`,
    );
  }
  return { how: match[1] === 'additive' ? 'additive' : 'select', value };
}

function oneOf(what: string, word: string, words: readonly string[], code: ErrorCode): string {
  if (words.includes(word)) return word;
  const near = nearest(word, words);
  const name =
    { rowGuard: 'row guard', computeDtype: 'compute dtype', compose: 'composition', preset: 'policy' }[
      what
    ] ?? what;
  throw new UserError(
    code,
    `Unknown ${name} "${word}"${near ? `, did you mean ${near}?` : '.'} Expected one of ${words.join(', ')}.`,
  );
}

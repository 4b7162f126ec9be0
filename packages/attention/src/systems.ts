/**
 * Which policy a released system has: its versions as ranges, each with the versions in which it was read. `policyLike`
 * answers a version that nobody read by the range it lies in, and says so. Data and pure decisions.
 */
import { nearest, UserError } from '@nanscope/errors';
import type { Implementation, RowGuard } from './policy.ts';
import type { PresetName } from './presets.ts';

const systemNames = {
  torch: 'PyTorch',
  transformers: 'transformers',
  onnx: 'ONNX Attention',
  jax: 'JAX',
  tfjs: 'TensorFlow.js layers',
} as const;

type System = keyof typeof systemNames;

interface SystemRow {
  readonly policy: PresetName;
  readonly system: System;
  /** First version; absent: from the beginning. */
  readonly from?: string;
  /** First version it is no longer true of; absent: to this day. */
  readonly before?: string;
  /** The device on which it is so; absent: every other. */
  readonly device?: 'mps';
  readonly attn?: Implementation;
  /** Versions whose source was read; the policy itself says which files. */
  readonly read: readonly string[];
}

const table: readonly SystemRow[] = [
  { policy: 'torch-mps-2.8', system: 'torch', before: '2.9', device: 'mps', read: ['2.8'] },
  { policy: 'torch-2.5', system: 'torch', from: '2.9', device: 'mps', read: ['2.9'] },
  { policy: 'torch-2.4', system: 'torch', before: '2.5', read: ['2.4'] },
  { policy: 'torch-2.5', system: 'torch', from: '2.5', read: ['2.5'] },
  {
    ...{ policy: 'transformers-4.57-eager', system: 'transformers', before: '5' },
    ...{ attn: 'eager', read: ['4.57.6'] },
  },
  {
    ...{ policy: 'transformers-4.57-sdpa', system: 'transformers', before: '5' },
    ...{ attn: 'sdpa', read: ['4.57.6'] },
  },
  {
    ...{ policy: 'transformers-5-eager', system: 'transformers', from: '5' },
    ...{ attn: 'eager', read: ['5.18.0', '5.24.0'] },
  },
  {
    ...{ policy: 'transformers-5-sdpa', system: 'transformers', from: '5' },
    ...{ attn: 'sdpa', read: ['5.18.0', '5.24.0'] },
  },
  { policy: 'onnx-1.23', system: 'onnx', read: ['1.23'] },
  { policy: 'jax', system: 'jax', read: ['0.10.0'] },
  { policy: 'tfjs', system: 'tfjs', read: ['4.22.0'] },
];

type Version = readonly number[];

function versionOf(text: string): Version | undefined {
  const parts = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  return parts ? parts.slice(1).flatMap((part) => (part === undefined ? [] : [Number(part)])) : undefined;
}

/** Negative where `a` is older; what is not said counts as 0. */
function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const inRange = ({ from, before }: SystemRow, version: Version): boolean =>
  (from === undefined || compareVersions(version, versionOf(from)!) >= 0) &&
  (before === undefined || compareVersions(version, versionOf(before)!) < 0);

/** `before 2.9 on mps`, `2.5 and later`. */
function rangeWords({ from, before, device, attn }: SystemRow): string {
  const versions =
    from !== undefined && before !== undefined
      ? `${from} to before ${before}`
      : before !== undefined
        ? `before ${before}`
        : from !== undefined
          ? `${from} and later`
          : '';
  return [versions, device ? `on ${device}` : '', attn ?? ''].filter(Boolean).join(' ');
}

/** The systems and versions that a policy stands for: `PyTorch 2.5 and later; PyTorch 2.9 and later on mps`. Empty for none. */
export function systemsOf(policy: string): string {
  const rows = table
    .filter((row) => row.policy === policy)
    .sort((a, b) => (a.device ? 1 : 0) - (b.device ? 1 : 0));
  return rows
    .map((row) => `${systemNames[row.system]} ${rangeWords(row) || row.read.join(', ')}`.trim())
    .join('; ');
}

export interface LikeDecision {
  readonly policy: PresetName;
  /** Where the system does something else with a fully masked row than the policy of that name. */
  readonly rowGuard?: RowGuard;
  /** By which rule, in a sentence. */
  readonly because: string;
}

const keys = [...Object.keys(systemNames), 'device', 'attn'];

const wrong = (text: string, expected: string, found: string, help = '') =>
  new UserError('policy/like', `--like ${text}: expected ${expected}, found ${found}.${help}`);

function parse(text: string): Readonly<Record<string, string>> {
  const parts = text.split(',').map((part) => part.trim());
  const pairs = parts.map((part) => {
    const [, key, value] = /^([a-z]+)=(.+)$/.exec(part) ?? [];
    if (key === undefined || value === undefined)
      throw wrong(text, 'NAME=VALUE joined by commas, such as torch=2.8,device=mps', `"${part}"`);
    if (!keys.includes(key)) {
      const near = nearest(key, keys);
      throw wrong(text, `one of ${keys.join(', ')}`, `"${key}"`, near ? ` Did you mean ${near}?` : '');
    }
    return [key, value] as const;
  });
  const twice = pairs.find(([key], i) => pairs.findIndex(([other]) => other === key) !== i);
  if (twice) throw wrong(text, `${twice[0]} once`, 'it twice');
  return Object.fromEntries(pairs);
}

function versionIn(
  text: string,
  parsed: Readonly<Record<string, string>>,
  system: System,
): Version | undefined {
  const value = parsed[system];
  if (value === undefined) return undefined;
  const version = versionOf(value);
  if (version === undefined) throw wrong(text, `a version of ${system}, such as ${system}=2.8`, `"${value}"`);
  return version;
}

function oneOf<T extends string>(
  text: string,
  key: string,
  value: string | undefined,
  values: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = values.find((one) => one === value);
  if (found === undefined) throw wrong(text, `${key} one of ${values.join(', ')}`, `"${value}"`);
  return found;
}

/** What is known of the version that was asked for: that it was read, or which ones were. */
function readWords({ read }: SystemRow, version: string): string {
  const exact = read.some(
    (one) => version === one || version.startsWith(`${one}.`) || one.startsWith(`${version}.`),
  );
  return exact
    ? `read in ${read.join(' and ')}`
    : `${version} itself was not read; the nearest read is ${read.join(' and ')}`;
}

function decided(
  row: SystemRow,
  version: string,
  more: Partial<LikeDecision> & { readonly why?: string } = {},
): LikeDecision {
  const { why, ...rest } = more;
  const name = systemNames[row.system];
  const range = rangeWords(row);
  return {
    policy: row.policy,
    ...rest,
    because: `${name} ${version} is ${row.policy}${range ? ` (${name} ${range}; ${readWords(row, version)})` : ` (${readWords(row, version)})`}${why ? `; ${why}` : ''}`,
  };
}

/**
 * From the versions a person has to the policy that masks as they do.
 *
 * @param text `torch=2.8,device=mps,attn=sdpa,transformers=4.53`, in any order
 * @throws {UserError} `policy/like`
 */
export function policyLike(text: string): LikeDecision {
  const parsed = parse(text);
  const named = (Object.keys(systemNames) as System[]).filter((system) => parsed[system] !== undefined);
  const versions = Object.fromEntries(named.map((system) => [system, versionIn(text, parsed, system)!]));
  const device = oneOf(text, 'device', parsed.device, ['cpu', 'cuda', 'mps']);
  const attn = oneOf(text, 'attn', parsed.attn, ['eager', 'sdpa']);
  const alone = named.filter((system) => system !== 'torch' && system !== 'transformers');
  if (named.length === 0)
    throw wrong(text, `a system with its version: ${Object.keys(systemNames).join(', ')}`, 'none');
  if (alone.length > 0 && named.length > 1)
    throw wrong(text, 'one system, or torch with transformers', named.join(' and '));
  const row = (system: System, wanted: Partial<SystemRow>) =>
    table.find(
      (one) =>
        one.system === system &&
        one.attn === wanted.attn &&
        one.device === wanted.device &&
        inRange(one, versions[system]!),
    )!;
  const [other] = alone;
  if (other !== undefined) {
    if (device !== undefined || attn !== undefined)
      throw wrong(text, `${other} alone, which is one policy on every device`, device ? 'device' : 'attn');
    return decided(row(other, {}), parsed[other]!);
  }
  const onMps = device === 'mps' ? ({ device } as const) : {};
  if (parsed.transformers === undefined) {
    if (attn === 'eager')
      throw wrong(text, 'transformers=VERSION, whose choice eager is', 'torch alone, which has sdpa');
    return decided(row('torch', onMps), parsed.torch!);
  }
  const chosen = row('transformers', { attn: attn ?? 'sdpa' });
  if (attn === 'eager')
    return decided(chosen, parsed.transformers, { why: 'eager attention does not ask PyTorch' });
  const assumed = attn === undefined ? 'sdpa is its default' : undefined;
  if (parsed.torch === undefined) {
    const why = 'without torch=VERSION, one with the guard of 2.5 is assumed';
    return decided(chosen, parsed.transformers, { why: [assumed, why].filter(Boolean).join('; ') });
  }
  // transformers itself opens fully masked rows where PyTorch is too old to guard them.
  if (compareVersions(versions.torch!, [2, 5]) < 0) {
    const why = `with PyTorch ${parsed.torch} before 2.5 it opens fully masked rows itself: --row-guard attend-all`;
    return decided(chosen, parsed.transformers, { rowGuard: 'attend-all', why });
  }
  const below = row('torch', onMps);
  if (below.policy === 'torch-2.5') {
    const why = `PyTorch ${parsed.torch}${onMps.device ? ' on mps' : ''} guards the rows`;
    return decided(chosen, parsed.transformers, { why });
  }
  return decided(below, parsed.torch, {
    why: `sdpa of transformers ${parsed.transformers} hands the bool mask to PyTorch, which does not guard the rows`,
  });
}

/** An answer to a policy that does not exist, by system and version rather than by spelling; undefined where it names neither. */
export function policyHint(name: string): string | undefined {
  const [, system, version] =
    /^(torch|transformers|onnx|jax|tfjs)(?:-(?:mps|cpu|cuda))?-v?(\d[\d.]*)/.exec(name) ?? [];
  // No system has come to version 10: 28 is a 2.8 without its dot, and the spelling is the better hint.
  if (system === undefined || version === undefined || /^\d\d/.test(version)) return undefined;
  const requests =
    system === 'torch'
      ? [`torch=${version}`, `torch=${version},device=mps`]
      : system === 'transformers'
        ? [`transformers=${version},attn=sdpa`, `transformers=${version},attn=eager`]
        : [`${system}=${version}`];
  const answers = requests.map((request) => `${policyLike(request).policy} (--like ${request})`);
  return `${systemNames[system as System]} ${version} masks as ${answers.join(' or ')}`;
}

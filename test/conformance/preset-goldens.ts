/**
 * Reads golden/presets: the problems, and what each real system gave for them. A recording belongs to the presets
 * that its manifest names; what the system cannot be asked, and where it is known to differ, stand there too.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Policy,
  type PresetName,
  policies,
  policyFrom,
  type ReferenceProblem,
  type RowGuard,
} from '@nanscope/attention';
import { readSafetensors, type SafetensorsFile, toFloat32 } from '@nanscope/safetensors';

export interface Manifest {
  readonly presets: readonly PresetName[];
  /** What the system has in place of the preset's own row guard. */
  readonly rowGuard?: RowGuard;
  /** The system is causal whatever the mask says. */
  readonly causal?: boolean;
  /** How far the system's own float32 is from the float64 that is recorded of its model; absent without a model. */
  readonly float32Noise?: Readonly<Record<'loss' | 'logits' | 'grad', number>>;
  readonly system: string;
  readonly compared: string;
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly leftOut: Readonly<Record<string, string>>;
  readonly differs: readonly { readonly id: string; readonly problem: string; readonly what: string }[];
  readonly notes: readonly string[];
  readonly sha256: Readonly<Record<string, string>>;
}

export interface Recording {
  /** Its folder: `torch-2.5.1`. */
  readonly name: string;
  readonly manifest: Manifest;
  /** Float32 tensors, `[variant.]<problem>.<out|dq|dk|dv>` and `model.<batch>.<name>`. */
  readonly tensors: Readonly<Record<string, Float32Array>>;
}

/** Integers `[3, 8]` each. */
export interface ModelBatch {
  readonly ids: readonly number[][];
  readonly mask: readonly number[][];
  readonly positions: readonly number[][];
  readonly labels: readonly number[][];
}

interface Listed extends Pick<ReferenceProblem, 'B' | 'H' | 'Hkv' | 'T' | 'D'> {
  readonly name: string;
  readonly mask: {
    readonly causal?: boolean;
    readonly padding?: readonly number[][];
    readonly explicit?: {
      readonly dtype: 'bool' | 'float32';
      readonly shape: readonly number[];
      readonly values: readonly (number | string)[];
    };
  };
}

const at = (path: string) => fileURLToPath(new URL(`../../golden/presets/${path}`, import.meta.url));
const json = <T>(path: string) => JSON.parse(readFileSync(at(path), 'utf8')) as T;

/** Why a preset has no recording, by its name. */
export const notRun = json<Partial<Record<PresetName, string>>>('not-run.json');

export const modelBatches = json<Record<string, ModelBatch>>('batches.json');

/** The problems by name, without a policy. */
export const problems = await readProblems();

export const recordings: readonly Recording[] = await Promise.all(
  readdirSync(at('.'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== '__pycache__')
    .map(async ({ name }) => ({
      name,
      manifest: json<Manifest>(`${name}/manifest.json`),
      tensors: await everyTensor(await readSafetensors(at(`${name}/results.safetensors`))),
    })),
);

/**
 * How far float32 is from float64 in the model of golden/gpt2: the largest that any release was seen to err. It is the
 * model's and not a release's: one release may be lucky, and the float64 numbers of all agree.
 */
export const float32Noise = Object.fromEntries(
  (['loss', 'logits', 'grad'] as const).map((kind) => [
    kind,
    Math.max(...recordings.flatMap(({ manifest }) => manifest.float32Noise?.[kind] ?? [])),
  ]),
) as Readonly<Record<'loss' | 'logits' | 'grad', number>>;

/** Files of a recording whose bytes are not those that its manifest was written for. */
export function stale({ name, manifest }: Recording): string[] {
  return Object.entries(manifest.sha256).flatMap(([file, sha256]) => {
    const bytes = readFileSync(at(file === 'results.safetensors' ? `${name}/${file}` : file));
    return createHash('sha256').update(bytes).digest('hex') === sha256 ? [] : [file];
  });
}

/** What must give the same as the system. */
export function policyOf({ manifest }: Recording, preset: PresetName): Policy {
  return manifest.rowGuard ? policyFrom({ preset, rowGuard: manifest.rowGuard }) : policies[preset];
}

/** A problem as the preset is asked it, so that it must give what the system gave. */
export function problemOf(recording: Recording, preset: PresetName, problem: string): ReferenceProblem {
  const { mask, ...arrays } = problems[problem]!;
  const { causal } = recording.manifest;
  return {
    ...arrays,
    mask: { ...mask, ...(causal && { causal }) },
    policy: policyOf(recording, preset),
  };
}

/** The kernel-level problems of a recording, with their variant: `left-padding`, `flash.left-padding`. */
export function askedOf({ tensors }: Recording): { readonly asked: string; readonly problem: string }[] {
  return Object.keys(tensors)
    .filter((name) => name.endsWith('.out') && !name.startsWith('model.'))
    .map((name) => name.slice(0, -'.out'.length))
    .map((asked) => ({ asked, problem: asked.split('.').at(-1)! }));
}

async function readProblems(): Promise<Readonly<Record<string, Omit<ReferenceProblem, 'policy'>>>> {
  const tensors = await everyTensor(await readSafetensors(at('problems.safetensors')));
  const listed = json<Listed[]>('problems.json');
  return Object.fromEntries(
    listed.map(({ name, mask: { padding, explicit, causal }, ...letters }) => [
      name,
      {
        ...letters,
        ...{ S: letters.T, Dv: letters.D },
        ...{ q: tensors[`${name}.q`]!, k: tensors[`${name}.k`]!, v: tensors[`${name}.v`]! },
        dout: tensors[`${name}.dout`]!,
        mask: {
          ...(causal !== undefined && { causal }),
          ...(padding && { padding: padding.flat() }),
          ...(explicit && {
            explicit: {
              ...explicit,
              values: explicit.values.map((x) => (x === '-inf' ? Number.NEGATIVE_INFINITY : Number(x))),
            },
          }),
        },
      },
    ]),
  );
}

async function everyTensor(file: SafetensorsFile): Promise<Record<string, Float32Array>> {
  const tensors: Record<string, Float32Array> = {};
  for (const name of file.names) tensors[name] = toFloat32(await file.read(name));
  return tensors;
}

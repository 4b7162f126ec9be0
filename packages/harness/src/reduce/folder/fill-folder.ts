/** Everything that the folder of a reduction holds: the case, its neighbour, the script, the command, the report, the record. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedPackage } from '@nanscope/backend';
import type { Case } from '@nanscope/lane';
import { type Gpt2Config, isGpt2Config, type ModelWeights } from '@nanscope/model';
import type { ReducedRecord } from '@nanscope/record';
import { writeJson } from '@nanscope/record';
import { bugReport } from '@nanscope/report';
import type { EvalConfig } from '@nanscope/settings';
import { policyOf } from '@nanscope/settings';
import { pathFrom } from './path-from.ts';
import { runScript } from './run-script.ts';
import { packagesOf, type Script, type ScriptBackend, scriptText } from './script.ts';
import { writeCase } from './write-case.ts';

/** What is known before the script was run. */
export type Found = Omit<ReducedRecord, 'script' | 'verdict'>;

export interface Reduction {
  readonly found: Found;
  readonly smallest: Case;
  readonly passing: Case | undefined;
  readonly config: EvalConfig;
  readonly whole: ModelWeights;
  /** Variables that a device needs. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the folder will be, as an absolute path. */
  readonly place: string;
}

const builtin = ['cpu', 'wasm', 'tensorflow', 'webgpu'] as const;

function backendOf(id: string, { config, place }: Reduction): ScriptBackend {
  const own = builtin.find((known) => known === id);
  if (own !== undefined || config.backend === undefined) return own ?? 'cpu';
  return { module: pathFrom(place, config.backend) };
}

function scriptOf(reduction: Reduction, model: Gpt2Config, backend: ScriptBackend): Script {
  const { found, smallest, config } = reduction;
  const { held, smallest: record } = found;
  const op = record.divergence?.key ?? record.origin?.key ?? held.op;
  const counts = record.ops.find(({ key }) => key === op);
  return {
    title: `${held.kind === 'origin' ? held.mechanism : held.label} at ${op} under ${found.policy.name}; "node reproduce.mjs passing" is the nearest case without it.`,
    op,
    implementation: found.decision.attention === 'eager' ? 'eager' : 'sdpa',
    policy: policyOf(config),
    layers: smallest.layers.length,
    scaled: model.gpt2.scale_attn_weights,
    scaledByLayer: model.gpt2.scale_attn_by_inverse_layer_idx,
    activation: model.gpt2.activation_function,
    tied: model.tied,
    bad: counts !== undefined && counts.nan === 0 ? 'Infinity' : 'NaN',
    backend,
    ...(found.reference && { against: backendOf(found.reference.backend, reduction) }),
  };
}

async function manifest(packages: readonly string[]): Promise<string> {
  const versions = await Promise.all(
    packages.map(async (name) => [name, (await installedPackage(name))?.version ?? '*'] as const),
  );
  const content = {
    name: 'reduced-case',
    private: true,
    type: 'module',
    scripts: { start: 'node reproduce.mjs' },
    dependencies: Object.fromEntries(versions),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

const wordsOf = (backend: ScriptBackend) => (typeof backend === 'string' ? backend : backend.module);

type Codes = NonNullable<ReducedRecord['script']>;

/**
 * Writes the script for the device of the run and tries it; where it does not show the fault there, for plain JavaScript.
 * What stays is the one that shows it, or the first.
 */
async function writeScript(fresh: string, reduction: Reduction): Promise<ReducedRecord['script']> {
  const { found, passing, whole, environment } = reduction;
  const { config: model } = whole;
  // The script is GPT-2 in plain TensorFlow.js.
  if (!isGpt2Config(model)) return undefined;
  const own = backendOf(found.decision.backend, reduction);
  const against = found.reference && backendOf(found.reference.backend, reduction);
  const write = async (backend: ScriptBackend) => {
    const script = scriptOf(reduction, model, backend);
    const needed = [backend, ...(against ? [against] : [])].flatMap(packagesOf);
    const packages = [...new Set(['@tensorflow/tfjs', ...needed])];
    writeFileSync(join(fresh, 'reproduce.mjs'), scriptText(script));
    writeFileSync(join(fresh, 'package.json'), await manifest(packages));
    const codes = await runScript(fresh, packages, environment, passing !== undefined);
    return { backend: wordsOf(backend), ...codes };
  };
  const shows = (codes: Codes) => codes.failing === 1 && (!passing || codes.passing === 0);
  const first = await write(own);
  if (shows(first) || own === 'cpu' || against) return first;
  const plain = await write('cpu');
  return shows(plain) ? plain : write(own);
}

const REPORT = 'report.md';

/** @returns what came of the script */
export async function fillFolder(
  fresh: string,
  reduction: Reduction,
  judged: (script: ReducedRecord['script']) => ReducedRecord,
): Promise<ReducedRecord> {
  const { whole, smallest, passing, found } = reduction;
  await writeCase(fresh, whole, smallest);
  if (passing) {
    mkdirSync(join(fresh, 'passing'));
    await writeCase(join(fresh, 'passing'), whole, passing);
  }
  writeFileSync(join(fresh, 'command.txt'), `${found.reproduce}\n`);
  const record = judged(await writeScript(fresh, reduction));
  writeFileSync(join(fresh, REPORT), bugReport(record));
  writeJson(fresh, 'reduced.json', record);
  return record;
}

/** Everything that the folder of a reduction holds: the case, its neighbour, the script, the command, the report, the record. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Policy } from '@nanscope/attention';
import type { Case } from '@nanscope/lane';
import { isGpt2Config, type ModelWeights } from '@nanscope/model';
import { type ReducedRecord, writeJson } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import { bugReport, titleWords } from '@nanscope/words';
import { attentionData, type CaseData, caseData } from './case-data.ts';
import { attentionLines } from './forward-lines.ts';
import { writeCase } from './place.ts';
import { type Computed, type Script, scriptText } from './script.ts';
import { pytorchText, type ScriptBackend } from './script-backend.ts';
import { backendOf, type Written, writeScript } from './write-script.ts';

/** What is known before the script was run. */
export type Found = Omit<ReducedRecord, 'script' | 'verdict'>;

export interface Reduction {
  readonly found: Found;
  readonly smallest: Case;
  readonly passing: Case | undefined;
  readonly config: EvalConfig;
  readonly policy: Policy;
  readonly whole: ModelWeights;
  /** Variables that a device needs. */
  readonly environment: Readonly<Record<string, string>>;
}

interface Cases {
  readonly failing: CaseData;
  readonly passing?: CaseData;
}

/** GPT-2 is written out; of another family the attention, where the mask is the cause. Undefined where neither is done. */
function computedBy({ found, smallest, policy, whole }: Reduction): Computed | undefined {
  const { held, smallest: record, cause } = found;
  const attention = {
    op: record.divergence?.key ?? record.origin?.key ?? held.op,
    implementation: found.decision.attention === 'eager' ? ('eager' as const) : ('sdpa' as const),
    policy,
  };
  const model = whole.config;
  if (isGpt2Config(model))
    return {
      ...attention,
      layers: smallest.layers.length,
      scaled: model.gpt2.scale_attn_weights,
      scaledByLayer: model.gpt2.scale_attn_by_inverse_layer_idx,
      activation: model.gpt2.activation_function,
      tied: model.tied,
    };
  const alone = cause?.kind === 'mask' && held.kind === 'origin' && attentionLines(attention) !== undefined;
  return alone ? attention : undefined;
}

function scriptOf(reduction: Reduction, computed: Computed, cases: Cases, backend: ScriptBackend): Script {
  const { found, config } = reduction;
  const counts = found.smallest.ops.find(({ key }) => key === computed.op);
  return {
    ...computed,
    title: titleWords(found),
    bad: counts !== undefined && counts.nan === 0 ? 'Infinity' : 'NaN',
    backend,
    ...(found.reference && { against: backendOf(found.reference.backend, config) }),
    ...cases,
  };
}

/** The script for those whose arithmetic a policy is; of other faults there is none. */
function pytorchOf({ found, policy }: Reduction): string | undefined {
  if (found.cause?.kind !== 'mask') return undefined;
  return pytorchText({
    title: titleWords(found),
    policy,
    system: found.cause.owner,
    failing: found.smallest.inputs.attentionMask,
    ...(found.passing && { passing: found.passing.inputs.attentionMask }),
  });
}

/**
 * Writes the script for the device of the run and tries it; where it does not show the fault there, for plain JavaScript.
 * What stays is the one that shows it, or the first. Undefined where none is written.
 */
async function scriptFor(fresh: string, reduction: Reduction): Promise<Written | undefined> {
  const { found, smallest, passing, whole, environment, config } = reduction;
  const computed = computedBy(reduction);
  if (computed === undefined) return undefined;
  const own = backendOf(found.decision.backend, config);
  const against = found.reference && backendOf(found.reference.backend, config);
  const dataOf = (one: Case) =>
    computed.activation === undefined ? attentionData(one) : caseData(whole, one);
  const cases: Cases = {
    failing: await dataOf(smallest),
    ...(passing && { passing: await dataOf(passing) }),
  };
  const write = (backend: ScriptBackend) => {
    const backends = [backend, ...(against ? [against] : [])] as const;
    const text = scriptText(scriptOf(reduction, computed, cases, backend));
    return writeScript(fresh, text, backends, environment, passing !== undefined);
  };
  const shows = ({ codes }: Written) => codes.failing === 1 && (!passing || codes.passing === 0);
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
  const written = await scriptFor(fresh, reduction);
  const pytorch = pytorchOf(reduction);
  if (pytorch !== undefined) writeFileSync(join(fresh, 'reproduce.py'), pytorch);
  const record: ReducedRecord = {
    ...judged(written?.codes),
    ...(pytorch !== undefined && { pytorch: true as const }),
  };
  const scripts = {
    ...(written && { tensorflow: written.tensorflow }),
    ...(pytorch !== undefined && { pytorch }),
  };
  writeFileSync(join(fresh, REPORT), bugReport(record, scripts));
  writeJson(fresh, 'reduced.json', record);
  return record;
}

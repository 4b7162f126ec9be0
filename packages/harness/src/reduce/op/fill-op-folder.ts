/** Everything that the folder of a reduced kernel call holds: the script, the command of the run, the report, the record. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpCallRecord, ReducedOpRecord } from '@nanscope/record';
import { backendName, writeJson } from '@nanscope/record';
import { opBugReport, opTitleWords } from '@nanscope/report';
import type { EvalConfig } from '@nanscope/settings';
import { backendOf, writeScript } from '../folder/write-script.ts';
import { opScriptText } from './script.ts';

/** What is known before the script was run. */
export type FoundOp = Omit<ReducedOpRecord, 'script' | 'verdict'>;

export interface OpReduction {
  readonly found: FoundOp;
  readonly passing: OpCallRecord | undefined;
  readonly config: EvalConfig;
  /** Variables that a device needs. */
  readonly environment: Readonly<Record<string, string>>;
}

function judged(found: FoundOp, script: ReducedOpRecord['script']): ReducedOpRecord {
  const { search, folder, smallest, decision } = found;
  const elements = smallest.operands.reduce((sum, { values }) => sum + values.length, 0);
  const size = elements === 1 ? 'one number' : `${elements} numbers`;
  return {
    ...found,
    script,
    verdict: {
      code: search.minimal ? 'reduced' : 'reduced-in-part',
      exitCode: 0,
      sentence: `Reduced to one call of ${found.kernel} with ${size}: ${opTitleWords(found)}.`,
      next: search.minimal
        ? `It goes to the owner of the backend ${backendName(decision.backend)}. ${folder}/report.md is ready to paste, with its script in it.`
        : `Go on with a larger --budget than ${search.budget}; ${folder} holds the smallest operands so far.`,
    },
  };
}

export async function fillOpFolder(fresh: string, reduction: OpReduction): Promise<ReducedOpRecord> {
  const { found, passing, config, environment } = reduction;
  const backend = backendOf(found.decision.backend, config);
  const text = opScriptText({
    title: opTitleWords(found),
    kernel: found.kernel,
    attributes: found.attributes,
    backend,
    failing: found.smallest,
    ...(passing && { passing }),
  });
  const { codes, tensorflow } = await writeScript(fresh, text, [backend], environment, passing !== undefined);
  const record = judged(found, codes);
  writeFileSync(join(fresh, 'command.txt'), `${found.made}\n`);
  writeFileSync(join(fresh, 'report.md'), opBugReport(record, tensorflow));
  writeJson(fresh, 'reduced.json', record);
  return record;
}

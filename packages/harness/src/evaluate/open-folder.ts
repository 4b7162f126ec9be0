/** The folder of an evaluation: a new one beside what lies there, or that of a run that is gone on with. */
import { removeTemporary } from '@nanscope/lane';
import { makeRunFolder, moveAside, writeJson } from '@nanscope/record';
import { configRecord, type EvalConfig } from '@nanscope/settings';
import type { RunHooks } from '../lanes/run-lanes.ts';
import { defaultRunFolder } from '../run-folder/resumed-settings.ts';
import { keptConfig, type Spooled } from './resume.ts';

/** The folder of a run, made or gone on with, and the configuration of its lanes. */
export async function openFolder(
  given: EvalConfig,
  spooled: Spooled | undefined,
  { onStage }: RunHooks,
): Promise<{ folder: string; config: EvalConfig }> {
  const { resume } = given;
  if (resume !== undefined) {
    removeTemporary(resume);
    return { folder: resume, config: keptConfig({ ...given, resume }) };
  }
  const folder = given.out ?? defaultRunFolder(new Date());
  const earlier = moveAside(folder, 'eval');
  if (earlier) onStage(`moved the earlier run in ${folder} to ${earlier}`);
  makeRunFolder(folder, 'eval');
  const config = spooled ? await spooled.keepIn(folder) : given;
  writeJson(folder, 'config.json', configRecord(config));
  return { folder, config };
}

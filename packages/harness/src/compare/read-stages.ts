/** The stages that a lane wrote down, from its folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { STAGES_FILE } from '@nanscope/lane';
import {
  readSafetensors,
  type SafetensorsTensor,
  toFloat32,
  toFloat64,
  toIntegers,
} from '@nanscope/safetensors';
import type { StageFile, StageValues } from './compare-stage-numbers.ts';

/** Undefined where the lane wrote none. @throws UserError for a file that is not what a lane writes */
export async function readStages(folder: string): Promise<StageFile | undefined> {
  const path = join(folder, STAGES_FILE);
  if (!existsSync(path)) return undefined;
  const file = await readSafetensors(path);
  const stages = new Map<string, StageValues>();
  const floats = (tensor: SafetensorsTensor) => (tensor.dtype === 'F64' ? toFloat64 : toFloat32)(tensor);
  for (const name of file.names.filter((each) => !/^(classes|exact)\//.test(each))) {
    const [nan, inf, size] = toIntegers(await file.read(`classes/${name}`)) as unknown as number[];
    const exact = `exact/${name}`;
    stages.set(name, {
      values: floats(await file.read(name)),
      classes: { nan: Number(nan), inf: Number(inf), size: Number(size) },
      ...(file.has(exact) && { exact: toFloat64(await file.read(exact)) }),
    });
  }
  return stages;
}

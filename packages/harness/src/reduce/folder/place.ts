/** The folder of a reduction: made aside, and put in its place when it is whole; an earlier one there is renamed, never lost. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { batchOf, type Case, weightsOf } from '@nanscope/lane';
import { configJson, fileName, type ModelWeights, parameterShapes } from '@nanscope/model';
import { checkNewRun } from '@nanscope/record';
import {
  float32Tensor,
  integerTensor,
  type SafetensorsTensor,
  writeSafetensors,
} from '@nanscope/safetensors';

/**
 * @param fill gets an empty folder beside `folder`
 * @returns where an earlier reduction was moved to, if there was one
 */
export async function makeFolder(
  folder: string,
  fill: (fresh: string) => Promise<void>,
): Promise<string | undefined> {
  const place = resolve(folder);
  const fresh = `${place}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(place), { recursive: true });
    mkdirSync(fresh);
    await fill(fresh);
    let earlier: string | undefined;
    if (checkNewRun(folder, 'reduce')) {
      let n = 1;
      while (existsSync(`${place}.${n}`)) n++;
      earlier = `${place}.${n}`;
      renameSync(place, earlier);
    }
    renameSync(fresh, place);
    return earlier;
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (error instanceof UserError || (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UserError(
      'run-folder/unwritable',
      `--out ${folder}: expected a folder that can be written, found ${errorLine(error)}. Name another with --out.`,
    );
  }
}

// A path as it is written in a file of a folder: relative, with slashes, told from the name of a package.

/** @param folder absolute; `path` may be relative to where this process runs */
export function pathFrom(folder: string, path: string): string {
  const found = relative(folder, path).replaceAll('\\', '/');
  return found.startsWith('.') ? found : `./${found}`;
}

// A case as files: `model/` in Hugging Face layout and `inputs.safetensors`, as `--model` and `--load-inputs` read them.

/** @param whole the weights of the run's model */
export async function writeCase(folder: string, whole: ModelWeights, candidate: Case): Promise<void> {
  const { config, values } = weightsOf(whole, candidate);
  mkdirSync(join(folder, 'model'), { recursive: true });
  writeFileSync(join(folder, 'model', 'config.json'), configJson(config));
  const weights: Record<string, SafetensorsTensor> = {};
  for (const [name, shape] of parameterShapes(config)) {
    const size = shape.reduce((product, n) => product * n, 1);
    weights[fileName(config, name)] = float32Tensor(shape, await values(name, size));
  }
  await writeSafetensors(join(folder, 'model', 'model.safetensors'), weights, { format: 'pt' });
  const { inputIds, attentionMask, labels, positionIds, batch, length } = batchOf(candidate);
  const grid = (numbers: Int32Array) => integerTensor([batch, length], numbers);
  await writeSafetensors(join(folder, 'inputs.safetensors'), {
    input_ids: grid(inputIds),
    attention_mask: grid(attentionMask),
    labels: grid(labels),
    position_ids: grid(positionIds),
  });
}

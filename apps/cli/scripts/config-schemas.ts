/** The schemas by which an editor checks the recipes in configs/, as `nanscope init` writes one beside a config file. */
import { configSchema, evalFlags, type Flag, matrixFlags, trainFlags } from '@nanscope/settings';

/** The commands that recipes are for; a recipe's name begins with its command's. */
export const recipeFlags = {
  eval: evalFlags,
  train: trainFlags,
  matrix: matrixFlags,
} as const satisfies Record<string, readonly Flag[]>;

/** Path from the root of the repository, and text. */
export const configSchemas: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(recipeFlags).map(([command, flags]) => [
    `configs/schemas/${command}.schema.json`,
    `${JSON.stringify(configSchema(command, flags), undefined, 2)}\n`,
  ]),
);

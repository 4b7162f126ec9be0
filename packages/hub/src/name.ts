/** What counts as a model's name on a hub, and which of a repository's files a model needs. Pure. */
import { UserError } from '@nanscope/errors';

const part = /^(?!.*(?:--|\.\.))[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?$/;

/** True for `org/name`. A relative path such as `./runs/a` or `a/b/c` is not one. */
export function isHubName(text: string): boolean {
  const parts = text.split('/');
  return parts.length === 2 && parts.every((one) => part.test(one) && one.length <= 96);
}

/** @throws UserError `hub/name` */
export function checkHubName(name: string): void {
  if (isHubName(name)) return;
  throw new UserError(
    'hub/name',
    `"${name}" is no model's name: expected org/name, such as openai-community/gpt2.`,
  );
}

/** @throws UserError `hub/revision` for what could not be a branch, a tag or a commit */
export function checkRevision(revision: string): void {
  if (/^[\w][\w./-]*$/.test(revision) && !revision.includes('..')) return;
  throw new UserError('hub/revision', `revision "${revision}": expected a branch, a tag or a commit.`);
}

const configuration =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json$|^merges\.txt$/;

/** Configuration, tokenizer and safetensors weights at the top of the repository; of whole and sharded the whole. */
export function neededFiles(paths: readonly string[]): string[] {
  const whole = paths.includes('model.safetensors');
  return paths.filter(
    (path) =>
      configuration.test(path) ||
      path === 'model.safetensors' ||
      (!whole && /^model(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/.test(path)),
  );
}

/** Why these files are no model, or undefined when they are. */
export function whatIsMissing(paths: readonly string[]): string | undefined {
  if (!paths.includes('config.json')) return 'config.json';
  if (paths.includes('model.safetensors')) return undefined;
  if (!paths.includes('model.safetensors.index.json')) return 'model.safetensors';
  const shards = paths.flatMap((path) => /^model-(\d+)-of-(\d+)\.safetensors$/.exec(path)?.[2] ?? []);
  return shards.length > 0 && shards.length === Number(shards[0]) ? undefined : 'a shard of its weights';
}

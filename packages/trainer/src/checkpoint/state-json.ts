/** trainer.json: the state with checksums of the other files and of itself. JSON has no NaN: those are strings there. */
import { createHash } from 'node:crypto';
import { UserError } from '@nanscope/errors';
import { checkpointFormat, type FileSum, type TrainerState } from './format.ts';

export interface StateFile {
  readonly state: TrainerState;
  readonly files: Readonly<Record<string, FileSum>>;
}

const nonFinite = ['NaN', 'Infinity', '-Infinity'];

const write = (value: unknown, indent?: number) =>
  JSON.stringify(
    value,
    (_key, one: unknown) => (typeof one === 'number' && !Number.isFinite(one) ? String(one) : one),
    indent,
  );

const checksum = (body: unknown) => createHash('sha256').update(write(body)).digest('hex');

export function stateJson({ state, files }: StateFile): string {
  const body = { format: checkpointFormat, state, files };
  return `${write({ ...body, sha256: checksum(body) }, 2)}\n`;
}

/**
 * @param path for messages
 * @throws UserError `checkpoint/torn` for a text that is cut off or changed, `checkpoint/version` for another format
 */
export function parseStateJson(text: string, path: string): StateFile {
  const torn = (what: string): never => {
    throw new UserError(
      'checkpoint/torn',
      `${path} is damaged (${what}): this checkpoint can not be resumed. Resume from an earlier one.`,
    );
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return torn('no whole JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) return torn('no JSON object');
  const { sha256, ...body } = parsed as Record<string, unknown>;
  if (body.format !== checkpointFormat) {
    throw new UserError(
      'checkpoint/version',
      `${path}: expected checkpoint format ${checkpointFormat}, found ${JSON.stringify(body.format)}. Resume with the version of nanscope that wrote it, or begin anew.`,
    );
  }
  if (sha256 !== checksum(body)) return torn('its checksum is another');
  const numbers = (_key: string, one: unknown) =>
    typeof one === 'string' && nonFinite.includes(one) ? Number(one) : one;
  return JSON.parse(text, numbers) as StateFile;
}

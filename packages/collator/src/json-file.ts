/** Reads a JSON file of a tokenizer; a broken one is named with the line and column where it breaks. */
import { promises as files } from 'node:fs';
import { errorLine, UserError } from '@nanscope/errors';
import { jsonErrorOffset } from './json-error.ts';

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The file's text, or undefined when there is no such file. @throws UserError `tokenizer/unreadable`. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await files.readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UserError('tokenizer/unreadable', `Cannot read ${path}: ${errorLine(error)}.`, {
      cause: error,
    });
  }
}

/**
 * The object in the file, or undefined when there is no such file.
 *
 * @throws UserError `tokenizer/json` (broken, with line and column, or no object), `tokenizer/unreadable`.
 */
export async function readJsonObject(path: string): Promise<JsonObject | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    const before = json.slice(0, jsonErrorOffset(json) ?? json.length).split('\n');
    throw new UserError(
      'tokenizer/json',
      `${path}:${before.length}:${before.at(-1)!.length + 1} is not valid JSON. The file may be cut off: fetch it again.`,
    );
  }
  if (isObject(value)) return value;
  throw new UserError('tokenizer/json', `${path} holds no JSON object. Fetch the file again.`);
}

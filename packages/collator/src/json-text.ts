/** A JSON object out of a text; a broken one is named with the line and column where it breaks. */
import { UserError } from '@nanscope/errors';
import { jsonErrorOffset } from './json-error.ts';

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws UserError `tokenizer/json`: broken, with line and column, or no object */
export function parseJsonObject(text: string, path: string): JsonObject {
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

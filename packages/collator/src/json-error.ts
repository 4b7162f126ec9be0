/**
 * Where a text stops being JSON. `JSON.parse` is the judge of whether; what it says of the place differs between
 * Node versions and is often nothing, so the place is found here, on the failure path only.
 */
import { UserError } from '@nanscope/errors';

/** Sticky patterns of RFC 8259; a control character may not stand in a string. */
const blank = /[ \t\n\r]*/y;
const scalar =
  /"(?:[^"\\\p{Cc}]|\x7f|[\x80-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;
const string = /"/y;

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ', or end' | 'nothing';

/** Offset of the first token that cannot stand where it does; `text.length` when it ends too early; undefined when valid. */
export function jsonErrorOffset(text: string): number | undefined {
  const open: ('[' | '{')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : ', or end');
  for (;;) {
    take(blank);
    if (at >= text.length) return expected === 'nothing' ? undefined : text.length;
    const start = at;
    const character = text[at]!;
    if (expected === 'nothing') return start;
    if (expected === ', or end') {
      const close = open.at(-1) === '[' ? ']' : '}';
      if (character !== ',' && character !== close) return start;
      at++;
      if (character === ',') {
        expected = open.at(-1) === '[' ? 'value' : 'key';
      } else {
        open.pop();
        expected = afterValue();
      }
    } else if (
      (expected === 'value or ]' && character === ']') ||
      (expected === 'key or }' && character === '}')
    ) {
      at++;
      open.pop();
      expected = afterValue();
    } else if (expected === 'key' || expected === 'key or }') {
      string.lastIndex = at;
      if (!string.test(text) || !take(scalar)) return start;
      take(blank);
      if (text[at] !== ':') return at;
      at++;
      expected = 'value';
    } else if (character === '[' || character === '{') {
      at++;
      open.push(character);
      expected = character === '[' ? 'value or ]' : 'key or }';
    } else {
      if (!take(scalar)) return start;
      expected = afterValue();
    }
  }
}

// A JSON object out of a text; a broken one is named with the line and column where it breaks.

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

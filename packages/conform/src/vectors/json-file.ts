/** JSON files of test vectors, and the few checks that their readers share. */

import { readFile } from 'node:fs/promises';
import { errorLine, UserError } from '@nanscope/errors';

/** The one error of files that cannot be read as test vectors: which file, what was expected, what was found. */
export function badVectors(file: string, expected: string, found: string): UserError {
  return new UserError('conform/bad-vectors', `${file}: expected ${expected}, found ${found}.`);
}

export type Json = Readonly<Record<string, unknown>>;

/** @throws UserError */
export async function readJsonFile(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw badVectors(file, 'a readable JSON file', errorLine(error));
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badVectors(file, 'JSON', errorLine(error));
  }
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown) =>
  value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 60) ?? 'nothing');

/** The objects of the list `cases`. @throws UserError */
export function casesOf(file: string, content: unknown): Json[] {
  const cases = isObject(content) ? content.cases : undefined;
  if (!Array.isArray(cases)) throw badVectors(file, 'an object with a list "cases"', shown(cases ?? content));
  return cases.map((entry, place) => {
    if (!isObject(entry)) throw badVectors(file, `case ${place} to be an object`, shown(entry));
    return entry;
  });
}

/** @throws UserError */
export function textOf(file: string, entry: Json, key: string): string {
  const value = entry[key];
  if (typeof value === 'string' && value !== '') return value;
  throw badVectors(file, `"${key}" to be a text`, shown(value));
}

/** @throws UserError */
export function textsOf(file: string, entry: Json, key: string): string[] {
  const value = entry[key];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw badVectors(file, `"${key}" to be a list of texts`, shown(value));
}

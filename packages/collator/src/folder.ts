/** A folder of a tokenizer's files, wherever it lies: a disk, or files that were dropped on a page. */
import { type JsonObject, parseJsonObject } from './json-error.ts';

export interface TokenizerFolder {
  /** Its name, for messages. */
  readonly name: string;
  /** How a file in it is called in messages. */
  readonly pathOf: (file: string) => string;
  /** A file's text; undefined where there is none of that name. */
  readonly read: (file: string) => Promise<string | undefined>;
}

/** The object in a file of the folder; undefined where there is no such file. @throws UserError `tokenizer/json` */
export async function readObject(folder: TokenizerFolder, file: string): Promise<JsonObject | undefined> {
  const text = await folder.read(file);
  return text === undefined ? undefined : parseJsonObject(text, folder.pathOf(file));
}

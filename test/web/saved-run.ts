/** The run that a page saves, unpacked into a folder as a visitor would. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseResult, type ResultRecord } from '@nanscope/record';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';

export interface SavedRun {
  /** The zip as it was downloaded. */
  readonly zip: string;
  /** The run folder. */
  readonly folder: string;
  readonly record: ResultRecord;
}

/** @param into a folder that is there */
export async function savedRun(page: Page, into: string): Promise<SavedRun> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
  const zip = join(into, download.suggestedFilename());
  await download.saveAs(zip);
  const folder = zip.replace(/\.zip$/, '');
  for (const [path, bytes] of Object.entries(unzipSync(readFileSync(zip)))) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    writeFileSync(join(into, path), bytes);
  }
  const path = join(folder, 'run.json');
  return { zip, folder, record: parseResult(readFileSync(path, 'utf8'), path) };
}

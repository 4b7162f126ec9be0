/**
 * `pnpm bench page`: speed of the same lane in a page and in Node. Each round runs the whole evaluation once in headless
 * Chromium and once on the command line, in a worker and a process of their own, and takes the speed that the lane itself
 * recorded: evaluated batches alone, without start, loading and probes.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseResult, type ResultRecord } from '@nanscope/record';
import type { Browser } from 'playwright-core';
import { type BuiltPage, buildPage, chromiumPath, launch, openPage, run } from '../web/built-page.ts';
import { savedRun } from '../web/saved-run.ts';
import { type BenchOptions, machine, median, tableRow, times } from './measure.ts';

/** Rows of the built-in text, with the model that comes with the page. */
const LIMIT = 64;
const main = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

const deviceOf = (backend: string): string => ({ webgpu: 'gpu', cpu: 'javascript' })[backend] ?? backend;

function speedOf({ target }: ResultRecord): number {
  const speed = target?.metrics?.tokensPerSecond;
  if (target?.status !== 'complete' || speed === undefined)
    throw new Error(`the lane ended as ${target?.status ?? 'nothing'}`);
  return speed;
}

async function inNode(backend: string, folder: string): Promise<number> {
  const out = mkdtempSync(join(folder, 'node-'));
  const flags = ['--device', deviceOf(backend), '--reference', 'none', '--limit', `${LIMIT}`, '--out', out];
  await promisify(execFile)(process.execPath, [...process.execArgv, main, 'eval', ...flags]);
  const path = join(out, 'run.json');
  return speedOf(parseResult(readFileSync(path, 'utf8'), path));
}

async function inPage(backend: string, folder: string, browser: Browser, built: BuiltPage): Promise<number> {
  const query = `?device=${deviceOf(backend)}&reference=none&limit=${LIMIT}`;
  const { page } = await openPage(browser, built, query);
  try {
    const said = await run(page);
    if (!(await page.isVisible('#save'))) throw new Error(said);
    return speedOf((await savedRun(page, mkdtempSync(join(folder, 'page-')))).record);
  } finally {
    await page.context().close();
  }
}

export async function pageBench({ backends, rounds, say }: BenchOptions): Promise<string> {
  if (!chromiumPath) throw new Error('Chromium: expected one on the PATH, found none. Install it.');
  const built = await buildPage();
  const browser = await launch(chromiumPath);
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-bench-'));

  async function row(backend: string): Promise<string> {
    const speeds: { readonly page: number; readonly node: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      say(`${backend}, round ${round + 1} of ${rounds}`);
      const page = await inPage(backend, folder, browser, built);
      speeds.push({ page, node: await inNode(backend, folder) });
    }
    const ratios = speeds.map(({ page, node }) => page / node);
    return tableRow([
      backend,
      median(speeds.map(({ page }) => page)).toFixed(0),
      median(speeds.map(({ node }) => node)).toFixed(0),
      times(median(ratios)),
      `${times(Math.min(...ratios))} to ${times(Math.max(...ratios))}`,
    ]);
  }

  try {
    const lines = [
      `${machine()}, Chromium ${browser.version()}. prose, ${LIMIT} rows of the built-in text, one lane; medians of ${rounds} rounds, page and Node in turn.`,
      '',
      '| backend | page, tokens/s | Node, tokens/s | page / Node, by rounds | least and most |',
      '|---|--:|--:|--:|--:|',
    ];
    for (const backend of backends)
      lines.push(await row(backend).catch((error: Error) => tableRow([backend, error.message])));
    return lines.join('\n');
  } finally {
    await browser.close();
    built.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * `pnpm bench page`: speed of the same lane in a page and in Node. Each round runs the whole evaluation in headless
 * Chromium, where the page is isolated from other origins (wasm has threads there) and where it is not, and on the command line, in a
 * worker or a process of its own, and takes the speed that the lane itself recorded: evaluated batches alone, without start, loading and probes.
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

/** Rows of the built-in text, and how many a batch. */
const [LIMIT, BATCH] = [16, 4];
const main = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

const deviceOf = (backend: string): string => ({ webgpu: 'gpu', cpu: 'javascript' })[backend] ?? backend;

function speedOf({ target }: ResultRecord): number {
  const speed = target?.metrics?.tokensPerSecond;
  if (target?.status !== 'complete' || speed === undefined)
    throw new Error(`the lane ended as ${target?.status ?? 'nothing'}`);
  return speed;
}

const settings = (backend: string, model: string): Readonly<Record<string, string>> => ({
  ...{ model, device: deviceOf(backend), reference: 'none', trace: 'off' },
  ...{ limit: `${LIMIT}`, 'batch-size': `${BATCH}` },
});

async function inNode(given: Readonly<Record<string, string>>, folder: string): Promise<number> {
  const out = mkdtempSync(join(folder, 'node-'));
  const flags = Object.entries({ ...given, out }).flatMap(([name, value]) => [`--${name}`, value]);
  await promisify(execFile)(process.execPath, [...process.execArgv, main, 'eval', ...flags]);
  const path = join(out, 'run.json');
  return speedOf(parseResult(readFileSync(path, 'utf8'), path));
}

async function inPage(
  given: Readonly<Record<string, string>>,
  folder: string,
  browser: Browser,
  built: BuiltPage,
): Promise<number> {
  const { page } = await openPage(browser, built, `?${new URLSearchParams(given)}`);
  try {
    const said = await run(page);
    if (!(await page.isVisible('#save'))) throw new Error(said);
    return speedOf((await savedRun(page, mkdtempSync(join(folder, 'page-')))).record);
  } finally {
    await page.context().close();
  }
}

export async function pageBench({ backends, preset, rounds, say }: BenchOptions): Promise<string> {
  if (!chromiumPath) throw new Error('Chromium: expected one on the PATH, found none. Install it.');
  const [isolated, plain] = [await buildPage({ isolated: true }), await buildPage()];
  const browser = await launch(chromiumPath);
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-bench-'));

  async function row(backend: string): Promise<string> {
    const given = settings(backend, preset);
    const speeds: { readonly isolated: number; readonly plain: number; readonly node: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      say(`${backend}, round ${round + 1} of ${rounds}`);
      speeds.push({
        isolated: await inPage(given, folder, browser, isolated),
        plain: await inPage(given, folder, browser, plain),
        node: await inNode(given, folder),
      });
    }
    const ratio = (other: 'plain' | 'node') => {
      const ratios = speeds.map((speed) => speed.isolated / speed[other]);
      return `${times(median(ratios))} (${times(Math.min(...ratios))} to ${times(Math.max(...ratios))})`;
    };
    const speed = (where: 'isolated' | 'plain' | 'node') =>
      median(speeds.map((one) => one[where])).toFixed(0);
    return tableRow([
      ...[backend, speed('isolated'), speed('plain'), speed('node')],
      ...[ratio('plain'), ratio('node')],
    ]);
  }

  try {
    const lines = [
      `${machine()}, Chromium ${browser.version()}. ${preset}, ${LIMIT} rows of the built-in text, ${BATCH} a batch, one lane, no trace; medians of ${rounds} rounds by turns, least and most in brackets.`,
      '',
      '| backend | page, isolated: tokens/s | page: tokens/s | Node: tokens/s | isolated, of not | isolated, of Node |',
      '|---|--:|--:|--:|--:|--:|',
    ];
    for (const backend of backends)
      lines.push(await row(backend).catch((error: Error) => tableRow([backend, error.message])));
    return lines.join('\n');
  } finally {
    await browser.close();
    isolated.close();
    plain.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

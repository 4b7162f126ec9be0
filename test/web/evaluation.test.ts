/** Evaluations on the page, in a real Chromium: the same verdicts and cascades as on the command line; what fails is shown as that. */
import type { LaneRecord, ResultRecord } from '@nanscope/record';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate, workspace } from '../integration/cli.ts';
import {
  type BuiltPage,
  buildPage,
  chromiumPath,
  ended,
  launch,
  openPage,
  run,
  setting,
  threadsOf,
} from './built-page.ts';
import { savedRun } from './saved-run.ts';

const policy = { policy: 'torch-mps-2.8', limit: '4', device: 'wasm', reference: 'javascript' };

/** What must be the same wherever a lane runs: not the machine, the time, or the words of a probe. */
function numbersOf(lane: LaneRecord | undefined): unknown {
  if (!lane) return undefined;
  const { environment, memory, startedAt, finishedAt, decision, data, metrics, config, ...rest } = lane;
  // A page writes no files, runs no Python, and has no folder that the tokenizer lies in.
  const { out, json, grads, 'trust-remote-code': trusted, ...settings } = config;
  const { seconds, tokensPerSecond, ...figures } = metrics!;
  const modelFacts = { ...rest.modelFacts, tokenizer: rest.modelFacts?.tokenizer?.replace(/ in \S+:/, ':') };
  return {
    ...{ ...rest, modelFacts, config: settings, metrics: figures },
    ...{ rows: data.rows, attention: decision.attention },
  };
}

function essence({ target, reference, comparison, verdict }: ResultRecord): unknown {
  const { environment, metrics, ...compared } = comparison!;
  const speed = ['tokensPerSecond', 'seconds'];
  const { next, ...judged } = verdict; // What to do next is another thing on a page.
  return {
    ...{ target: numbersOf(target), reference: numbersOf(reference), verdict: judged, compared },
    metrics: metrics.filter(({ name }) => !speed.includes(name)),
  };
}

const words = (given: Record<string, string>) =>
  Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);

const query = (given: Record<string, string>) => `?${new URLSearchParams(given)}`;

describe.skipIf(chromiumPath === undefined)(
  'an evaluation in Chromium (skipped where none is on the PATH)',
  () => {
    const { at } = workspace();
    let built: BuiltPage;
    let isolated: BuiltPage;
    let browser: Browser;

    beforeAll(async () => {
      built = await buildPage();
      isolated = await buildPage({ isolated: true });
      browser = await launch(chromiumPath!);
    });
    afterAll(async () => {
      await browser?.close();
      built?.close();
      isolated?.close();
    });

    it('torch-mps-2.8: cascade, metrics, comparison and verdict are those of the command line, on as many threads; nothing leaves the origin', async () => {
      const threads = await threadsOf(browser);
      const { page, faults } = await openPage(browser, isolated, query(policy));
      expect(await page.textContent('#command')).toBe(
        'nanscope eval --limit 4 --device wasm --reference javascript --policy torch-mps-2.8',
      );
      expect(await run(page)).toContain('The devices agree, and neither is finite');
      const { record } = await savedRun(page, at('.'));
      const { result: own } = await evaluate(...words(policy), '--out', at('run'));
      expect(own.verdict.code).toBe('agree-non-finite');
      expect(essence(record)).toEqual(essence(own));
      const { backendVersion, cores } = record.target!.environment!;
      expect(backendVersion).toBe(own.target?.environment?.backendVersion);
      // Those of the lane, and of the probe of its attention.
      expect(threads.size).toBe(2 * (cores - 1));
      expect(await page.locator('.graph .op').count()).toBeGreaterThan(20);
      expect(await page.locator('svg.heat').count()).toBeGreaterThan(0);
      expect(faults).toEqual([]);
    });

    it('without WebGPU: clear words for a GPU that was asked for, and the CPU lanes still run', async () => {
      const { page } = await openPage(browser, built, '?device=gpu&limit=2');
      expect(await run(page)).toMatch(/webgpu.*(finds no|not available)/i);
      await setting(page, 'device', 'auto');
      expect(await run(page)).toContain('The devices agree');
      expect(await page.textContent('#verdict .note')).toMatch(/^No GPU took part: no webgpu/);
    });

    it('stopped: says so and how far it came, as no failure, and runs again', async () => {
      const { page } = await openPage(browser, built, '?device=javascript&reference=none');
      await page.click('#run');
      await page.locator('#lane-target .figures dd').first().waitFor();
      await page.click('#cancel');
      const verdict = await ended(page);
      expect(verdict).toMatch(/Stopped by you\s+[1-9]\d* of 20 batches kept on javascript\./);
      expect(verdict).not.toMatch(/failed|interrupted|--resume/);
      expect(await page.locator('#verdict.fail').count()).toBe(0);
      expect(await page.locator('#save').count()).toBe(1);
      await setting(page, 'device', 'wasm');
      await setting(page, 'limit', '2');
      await page.click('#again');
      await page.locator('#verdict:not(.stopped)').waitFor();
      expect(await page.textContent('#verdict')).toContain('there is no other device to compare with');
    });

    it('goes on while another view is in sight, and is there again with Back', async () => {
      const { page } = await openPage(browser, built, '?device=javascript&reference=none&limit=30');
      await page.click('#run');
      await page.locator('#lane-target .figures dd').first().waitFor();
      await page.click('[data-command=matrix]');
      await page.locator('h1', { hasText: 'enough' }).waitFor();
      expect(await page.getAttribute('[data-command=eval]', 'aria-label')).toBe('Evaluate, running');
      await page.locator('[data-command=eval][aria-label="Evaluate"]').waitFor();
      await page.goBack();
      expect(await ended(page)).toContain('there is no other device to compare with');
      expect(new URL(page.url()).search).toBe('?limit=30&device=javascript&reference=none');
    });

    it('an example is set and run by one press, and stands in the address', async () => {
      const { page, faults } = await openPage(browser, built, '?limit=2');
      await page.locator('#example:not([hidden])').waitFor();
      expect(await page.textContent('#example')).toMatch(
        /The loss is NaN on both devices: .*born in layer 0/,
      );
      expect(await page.locator('#example svg.heat').count()).toBeGreaterThan(0);
      expect(await page.textContent('#your-gpu h2')).toMatch(
        /^No (WebGPU here|GPU here that WebGPU may use)$/,
      );
      await page.locator('.examples a').first().click();
      await page.locator('#lane-target').waitFor();
      expect(new URL(page.url()).search).toBe('?policy=torch-mps-2.8');
      expect(await page.locator('#example').isVisible()).toBe(false);
      await page.click('#cancel');
      expect(await ended(page)).toContain('Stopped by you');
      await page.goBack();
      expect(await page.textContent('#command')).toBe('nanscope eval --limit 2');
      expect(faults).toEqual([]);
    });

    it('loaded from a host without headers: one thread, and why; loaded once more, without a network: all of them, and the same numbers', async () => {
      const threads = await threadsOf(browser);
      const { page, faults } = await openPage(browser, built, '?device=wasm&reference=none&limit=2');
      const kept = page.locator('#offline', { hasText: 'works without a network' });
      await kept.waitFor();
      const cores = await page.evaluate(() => navigator.hardwareConcurrency);
      const more = cores > 1 ? ` Loaded again, it computes wasm on ${cores} cores instead of one.` : '';
      expect(await kept.textContent()).toMatch(new RegExp(`works without a network\\.${more}$`));
      await page.context().setOffline(true);
      expect(await run(page)).toContain('there is no other device to compare with');
      const { record: alone } = await savedRun(page, at('.'));
      expect(alone.target?.environment?.backendVersion).toContain(
        cores > 1 ? '(SIMD, 1 thread: the page is not cross-origin isolated)' : '(SIMD, 1 thread)',
      );
      expect(threads.size).toBe(0);

      await page.reload();
      await page.locator('#run').waitFor();
      expect(await run(page)).toContain('there is no other device to compare with');
      const { record } = await savedRun(page, at('.'));
      expect(record.target?.environment?.backendVersion).toContain(
        cores > 1 ? '(SIMD, threads)' : '1 thread',
      );
      expect(threads.size).toBe(2 * (cores - 1));
      expect(numbersOf(record.target)).toEqual(numbersOf(alone.target));
      await page.context().setOffline(false);
      await page.reload();
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      await kept.waitFor();
      expect(await kept.textContent()).not.toContain('Loaded again');
      expect(faults).toEqual([]);
    });

    it('a worker that is killed costs its lane only, and is shown as that', async () => {
      const { page } = await openPage(browser, built, '?device=javascript&reference=wasm&limit=24', {
        keepWorkers: true,
      });
      await page.click('#run');
      await page.locator('#lane-target .figures dd').first().waitFor();
      // As when a browser takes a worker's memory away: it is gone and has said nothing.
      await page.evaluate(() => (globalThis as unknown as { newest: Worker }).newest.terminate());
      const verdict = await ended(page);
      expect(verdict).toContain('The target crashed (its worker ended without a word)');
      expect(verdict).toContain('the reference is complete');
    });
  },
);

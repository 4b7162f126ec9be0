/** How the page looks and what it asks for: both themes, wide and narrow, the keyboard, axe, its policy, its weight; and the views of the other commands. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { builtinBackend } from '@nanscope/backend';
import { asked, askKernels, questions } from '@nanscope/lane';
import { renderAnswers } from '@nanscope/report';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPage, buildPage, chromiumPath, launch, openPage, run, setting } from './built-page.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Compressed, of all scripts before anything is asked of the page. */
const MOST_SCRIPT_BYTES = 200_000;

/** What the doctor's table says of one backend, asked here in Node. */
async function answersHere(id: string) {
  const session = await builtinBackend(id)!.open();
  const kernels = await askKernels();
  await session.dispose();
  return { id, kernels };
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    for (const folded of document.querySelectorAll('details')) folded.open = true;
  });
  await page.evaluate(axe); // Injected by the debugger, which a page's policy does not bind.
  const violations = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as Violation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
}

const views = [
  [1440, 'light'],
  [1440, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const;

/** The page with every kind of figure in all four, the others in the two that differ most. */
async function looksRight(
  page: Page,
  seen: readonly (typeof views)[number][] = [views[0], views[3]],
): Promise<void> {
  for (const [width, colorScheme] of seen) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const hidden = await page.$eval(
      'header nav',
      ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
    );
    expect(hidden, 'pixels of the views that are out of sight').toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
  }
}

describe.skipIf(chromiumPath === undefined)(
  'the page in Chromium (skipped where none is on the PATH)',
  () => {
    let built: BuiltPage;
    let browser: Browser;

    beforeAll(async () => {
      built = await buildPage();
      browser = await launch(chromiumPath!);
    });
    afterAll(async () => {
      await browser?.close();
      built?.close();
    });

    it('an evaluation with a cascade: accessible, fits the width, in both themes; a head is shown with what is not finite', async () => {
      const { page, faults } = await openPage(
        browser,
        built,
        '?policy=torch-mps-2.8&limit=2&device=wasm&reference=none',
      );
      expect(await run(page)).toContain('the NaN is born in layer 0');
      // The report's own script serves its figures here.
      await page.locator('.graph .op').first().hover();
      expect(await page.textContent('.inspector')).toMatch(/target/);
      await page.locator('.slider input').first().focus();
      const last = await page.textContent('.slider output');
      await page.keyboard.press('Home');
      expect(await page.textContent('.slider output')).not.toBe(last);
      await page.locator('#pattern svg.pattern').waitFor(); // By itself, at the head of the origin.
      expect(await page.textContent('.figure-place p')).toMatch(/^Layer 0, head 0, row 0: .*[1-9]\d* NaN/);
      expect(await page.locator('#example').isHidden(), 'the example makes room, however late it came').toBe(
        true,
      );
      await looksRight(page, views);
      expect(faults).toEqual([]);
    });

    it('before anything has run: script under the budget, no model, no wasm; reached by the keyboard', async () => {
      const { page, faults, requests } = await openPage(browser, built, '', { busy: true });
      await page.locator('#run').waitFor();
      await page.waitForLoadState('networkidle');
      expect(requests.filter((path) => /\.(wasm|safetensors|txt)$/.test(path))).toEqual([]);
      const scripts = [...new Set(requests)].filter((path) => path.endsWith('.js'));
      const bytes = scripts.reduce(
        (sum, path) => sum + gzipSync(readFileSync(join(built.folder, path))).length,
        0,
      );
      expect(scripts.length).toBeGreaterThan(0);
      expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);
      // What the page loads once it is idle comes after all that, and takes part in how it looks.
      expect(await page.locator('#open-example').count()).toBe(0);
      await page.evaluate('rest()');
      await page.locator('#open-example').waitFor();
      await looksRight(page);
      const stops = new Set<string>();
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab');
        stops.add(
          await page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName || ''),
        );
      }
      expect([...stops]).toEqual(expect.arrayContaining(['flag-device', 'flag-policy', 'run', 'theme']));
      expect(faults).toEqual([]);
    });

    it('the policy refuses every other origin, to the page and to its workers', async () => {
      const { page } = await openPage(browser, built, '?command=doctor', { keepWorkers: true });
      // A worker that is started from a file would be bound by that file's headers alone.
      await page.waitForFunction(() => 'newestSource' in globalThis);
      expect(await page.evaluate('newestSource')).toMatch(/^blob:http/);
      const refusals = await page.evaluate(async () => {
        const elsewhere = 'https://example.invalid/';
        const inPage = await fetch(elsewhere).catch(() => 'refused');
        const violated = new Promise((resolve) =>
          document.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
            resolve(violatedDirective),
          ),
        );
        await fetch(elsewhere).catch(() => {});
        // As the page starts its own: the policy of the page goes with the blob.
        const program = `
        addEventListener('securitypolicyviolation', (event) => postMessage(event.violatedDirective));
        fetch('${elsewhere}').catch(() => {});`;
        const worker = new Worker(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));
        const inWorker = await new Promise((resolve) => {
          worker.onmessage = ({ data }) => resolve(data);
        });
        return [inPage, await violated, inWorker];
      });
      expect(refusals).toEqual(['refused', 'connect-src', 'connect-src']);
    });

    it('the address holds the settings, and what is wrong in it is one sentence', async () => {
      const { page } = await openPage(browser, built, '?policy=seed-theory&ignore-first-token=true');
      // By the name that it had before.
      expect(await page.inputValue('[name=policy]')).toBe('no-causal');
      expect(await page.isChecked('[name=ignore-first-token]')).toBe(true);
      await page.selectOption('[name=padding-side]', 'right');
      expect(new URL(page.url()).search).toBe('?policy=no-causal&padding-side=right&ignore-first-token=true');
      expect(await page.textContent('#command')).toBe(
        'nanscope eval --policy no-causal --padding-side right --ignore-first-token',
      );
      await setting(page, 'batch-size', 'many');
      expect(await page.textContent('.fault')).toBe(
        '--batch-size: expected a whole number of at least 1, found "many".',
      );
      expect(await page.getAttribute('[name=batch-size]', 'aria-invalid')).toBe('true');
      const { page: other } = await openPage(browser, built, '?polcy=safe&utm_source=x&command=evil&limit=2');
      await other.locator('#ignored').waitFor();
      expect(await other.textContent('#ignored')).toBe(
        'This page has no command "evil"; this is Evaluate. Did you mean eval? Ignored in the address: polcy (did you mean policy?), utm_source.',
      );
      expect(await other.textContent('#command')).toBe('nanscope eval --limit 2');
    });

    it('claims, matrix and conformance fill their tables and end in a verdict', async () => {
      const { page, faults } = await openPage(browser, built, '?command=claims&device=wasm');
      expect(await run(page)).toContain('14 claims');
      expect(await page.locator('#live tbody tr').count()).toBeGreaterThan(20);
      await page.click('[data-command=matrix]');
      await page.locator('h1', { hasText: 'enough' }).waitFor();
      expect(await run(page)).toContain('All 64 cells show what the float64 oracle predicts.');
      expect(await page.locator('#live tbody tr').count()).toBe(64);
      await page.click('[data-command=conform]');
      await page.locator('h1', { hasText: 'right' }).waitFor();
      await setting(page, 'device', 'wasm');
      await setting(page, 'filter', 'isolation');
      expect(await run(page)).toMatch(/(\d+) of \1 cases passed, 0 failed/);
      await looksRight(page, [views[3]]);
      expect(faults).toEqual([]);
    });

    it('the diagnosis of the browser names its backends, what is missing, and what numbers become: the same as in Node', async () => {
      const { page } = await openPage(browser, built, '?command=doctor');
      await page.locator('#copy:not([hidden])').waitFor();
      const text = await page.textContent('#survey');
      expect(text).toMatch(/^nanscope \d+\.\d+\.\d+, page, /);
      expect(text).toContain('cross-origin isolated: no');
      expect(text).toMatch(/webgpu: not available: /);
      expect(text).toMatch(/wasm: .*\n {4}pass {2}sdpa /);
      expect(text).not.toContain('FAIL');
      const backends = [await answersHere('wasm'), await answersHere('cpu')];
      const { words, table } = renderAnswers({ questions: questions.map(asked), backends }, { width: 100 });
      expect(table).toMatch(/^max\(NaN, 0\) +NaN +/m);
      expect(text).toContain(`${words}\n${table}`);
      await looksRight(page, [views[3]]);
    });
  },
);

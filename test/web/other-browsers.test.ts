/** The page in the engines of other browsers, where Playwright's builds of them are installed: `npx playwright-core install firefox webkit`. */
import { existsSync } from 'node:fs';
import { type Browser, firefox, webkit } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPage, buildPage, openPage, run } from './built-page.ts';

describe.each([
  ['Firefox', firefox],
  ['WebKit', webkit],
] as const)('%s', (name, engine) => {
  const there = existsSync(engine.executablePath());

  describe.skipIf(!there)(`in ${name} (skipped where Playwright's build of ${name} is not installed)`, () => {
    let built: BuiltPage;
    let browser: Browser;
    beforeAll(async () => {
      built = await buildPage();
      browser = await engine.launch();
    });
    afterAll(async () => {
      await browser?.close();
      built?.close();
    });

    it('evaluates on wasm and plain JavaScript, finds where the NaN is born, and complains of nothing', async () => {
      const query = '?policy=torch-mps-2.8&limit=2&device=wasm&reference=javascript';
      const { page, faults } = await openPage(browser, built, query);
      expect(await run(page)).toContain('the NaN is born in layer 0, attention probabilities');
      expect(faults).toEqual([]);
    });

    it('fits the width of a phone', async () => {
      const { page } = await openPage(browser, built, '', { viewport: { width: 390, height: 844 } });
      await page.locator('#run').waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    });
  });
});

/**
 * The report in a real browser: nothing is asked for, nothing is complained of, the keyboard reaches all of it, and axe
 * finds nothing serious in either theme, wide or narrow. Needs a Chromium on the PATH.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ReportSubject } from '@nanscope/record';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  agree,
  bothNaN,
  cells,
  claims,
  conformed,
  diagnosed,
  matrix,
  misled,
  reduced,
  trained,
  trainGradNorms,
} from '../fixtures.ts';
import { renderHtml } from './render.ts';

const executable = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path));

const subjects = {
  agree: { record: agree },
  bothNaN: { record: bothNaN },
  train: { record: trained, gradNorms: trainGradNorms },
  matrix: { record: matrix, cells },
  claims: { record: claims },
  reduce: { record: reduced },
  conform: { record: conformed },
  selftest: { record: misled },
  doctor: { record: diagnosed },
} satisfies Record<string, ReportSubject>;

type Name = keyof typeof subjects;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(executable === undefined)('in Chromium (skipped where none is on the PATH)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-html-'));
  let browser: Browser;
  /** One for all: a process for each costs more than most tests. */
  let page: Page;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executable! });
    page = await browser.newPage();
    for (const [name, subject] of Object.entries(subjects))
      writeFileSync(join(folder, `${name}.html`), renderHtml(subject));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** @returns what it complained of, and what it asked for beyond its own file */
  async function open(name: Name, width = 1440, colorScheme: 'light' | 'dark' = 'light'): Promise<string[]> {
    for (const event of ['console', 'pageerror', 'request']) page.removeAllListeners(event);
    await page.goto('about:blank');
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ media: null, colorScheme });
    await page.mouse.move(0, 0);
    const faults: string[] = [];
    const own = pathToFileURL(join(folder, `${name}.html`)).href;
    page.on('console', (message) => faults.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (request.url() !== own) faults.push(`request: ${request.url()}`);
    });
    await page.goto(own);
    return faults;
  }

  const views = [
    [1440, 'light'],
    [1440, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const;

  it.each(Object.keys(subjects) as Name[])('%s: silent, fits the page, and accessible', async (name) => {
    const faults = await open(name);
    // The one with every kind of figure in all four, the others in the two that differ most.
    for (const [width, colorScheme] of name === 'bothNaN' ? views : [views[0], views[3]]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      // Injected by the debugger, which a page's policy does not bind; all that is folded is opened before.
      await page.evaluate(() => {
        for (const one of document.querySelectorAll('details')) one.open = true;
      });
      // Figures scroll in their frames on a phone; no column of a table is cut.
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll('.scroll')]
          .filter((frame) => frame.querySelector('table') && frame.scrollWidth > frame.clientWidth + 1)
          .map((frame) => frame.getAttribute('aria-label')),
      );
      expect(cut, `tables cut at ${width}`).toEqual([]);
      const violations = await page.evaluate(async (source) => {
        if (!('axe' in globalThis)) new Function(source)();
        const { violations: found } = await (globalThis as unknown as { axe: Axe }).axe.run({
          resultTypes: ['violations'],
        });
        return found
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
      }, axe);
      expect(violations, `${width} ${colorScheme}`).toEqual([]);
    }
    expect(faults).toEqual([]);
  });

  it('the slider says what each op did and each layer holds, by the keyboard', async () => {
    await open('bothNaN');
    const output = page.locator('.slider output');
    const rows = bothNaN.comparison!.cascade;
    const slider = page.locator('#op');
    await slider.focus();
    await page.keyboard.press('Home');
    expect(await output.textContent()).toMatch(
      /^embeddings GatherV2: target clean, finite of [\d,]+; reference clean/,
    );
    expect(await page.locator('.op-column.later').count()).toBe(rows.length - 1);
    expect(await page.locator('.layer-line:not(.later)').count()).toBe(0);

    const move = async (index: number) => {
      for (let at = Number(await slider.inputValue()); at < index; at++)
        await page.keyboard.press('ArrowRight');
    };
    const born = rows.findIndex(({ origin }) => origin !== undefined);
    await move(born);
    expect(await output.textContent()).toBe(
      'h.0 attn.probs Softmax: target gen, 864 NaN of 9,216 (9.375 %); reference gen, 864 NaN of 9,216 (9.375 %); origin',
    );
    expect(await slider.getAttribute('aria-valuetext')).toBe(
      `${born + 1} of ${rows.length}, h.0 attn.probs Softmax`,
    );
    expect(await page.locator('.graph .op.now').getAttribute('aria-label')).toContain('fully masked row');
    // The embeddings are written by then, and no layer.
    const written = page
      .locator('.heats figure')
      .first()
      .locator('svg')
      .first()
      .locator('.layer-line:not(.later)');
    expect(await written.count()).toBe(1);

    await move(rows.findLastIndex(({ layer }) => layer === 'h.0'));
    expect(await output.textContent()).toMatch(/\nh\.0: 9 positions not finite; row 1, positions 0 to 6/);
    expect(await written.count()).toBe(2);
    await page.keyboard.press('End');
    expect(await page.locator('.later').count()).toBe(0);

    // One picture is drawn of two lanes that are the same, and an op that is pressed in the graph moves the slider to it.
    expect(await page.locator('.heats figure').count()).toBe(1);
    await page.locator('.graph .op').nth(born).click();
    expect(await slider.inputValue()).toBe(String(born));
    expect(await page.locator('.later').count()).toBeGreaterThan(0);
  });

  it('the cascade is one stop of the tab key, begins at the origin, and arrows tell op by op', async () => {
    await open('bothNaN');
    const panel = page.locator('.inspector');
    expect(await page.locator('.op[tabindex="0"]').count()).toBe(1);
    await page.locator('.op[tabindex="0"]').focus();
    expect(await panel.textContent()).toContain('fully masked row');
    expect(await panel.textContent()).toContain('forward/transformer.h.0/attn/probs/Softmax#0:0');
    await page.keyboard.press('ArrowRight');
    expect(await panel.textContent()).toMatch(/^h\.0 attn\.context BatchMatMul/);
    await page.locator('.op').first().hover();
    expect(await panel.textContent()).toMatch(/^embeddings GatherV2/);
  });

  it('filters leave the rows that fit and say how many, by the keyboard', async () => {
    await open('matrix');
    const shown = () => page.locator('#cell-table tbody tr:visible').count();
    const output = page.locator('.filters output');
    expect(await output.textContent()).toBe('4 of 4 cells');
    await page.locator('select[name="f-padding-side"]').focus();
    await page.keyboard.press('l');
    expect(await output.textContent()).toBe('2 of 4 cells');
    expect(await shown()).toBe(2);
    await page.locator('select[name="o-loss"]').selectOption('NaN');
    expect(await shown()).toBe(1);
    await page.locator('.filters button').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => output.textContent()).toBe('4 of 4 cells');
    await page.locator('#cell-table tbody tr').nth(1).locator('.pick').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('.picked code').textContent()).toBe(
      `nanscope matrix --filter '${cells[1]!.id}'`,
    );
  });

  it('conformance cases are found by a part of their id', async () => {
    await open('conform');
    await page.locator('input[name="id"]').focus();
    await page.keyboard.type('LEAK');
    expect(await page.locator('#case-table tbody tr:visible').allTextContents()).toEqual([
      expect.stringContaining('metamorphic:causal-leak'),
    ]);
  });

  it('what was refused or not decided is as visible as the rest', async () => {
    for (const name of ['conform', 'claims'] as const) {
      await open(name);
      const box = await page.locator('.badge.skip').first().boundingBox();
      expect(box!.x).toBeGreaterThan(0);
    }
  });

  it('the button changes the theme and says to which', async () => {
    await open('agree', 1440, 'dark');
    const button = page.locator('#theme');
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    expect(await button.textContent()).toBe('Light theme');
    await button.focus();
    await page.keyboard.press('Enter');
    expect(await button.textContent()).toBe('Dark theme');
    expect(await background()).not.toBe(dark);
  });

  it('paper is light in either theme, and shows what was folded', async () => {
    await open('bothNaN', 794, 'dark');
    await page.locator('#theme').click();
    await page.locator('#theme').click();
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(27, 31, 36)');
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    expect(await page.locator('details:not([open])').count()).toBe(0);
    expect(await page.locator('header:visible, .copy:visible, .slider:visible').count()).toBe(0);
  });

  it('is complete without its script', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = await context.newPage();
    await plain.goto(pathToFileURL(join(folder, 'matrix.html')).href);
    expect(await plain.locator('#cell-table tbody tr:visible').count()).toBe(4);
    expect(await plain.locator('.filters:visible, #theme:visible').count()).toBe(0);
    await context.close();
  });

  it('hostile text does nothing', async () => {
    const poison = `</script><img src=x onerror="document.title='owned'"><svg onload=alert(1)>`;
    const record = { ...bothNaN, command: poison, folder: poison };
    writeFileSync(
      join(folder, 'agree.html'),
      renderHtml({ record: { ...record, verdict: { ...bothNaN.verdict, sentence: poison } } }),
    );
    const faults = await open('agree');
    await page.locator('.op[tabindex="0"]').focus();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.sentence').textContent()).toBe(poison);
    expect(await page.title()).not.toBe('owned');
    expect(faults).toEqual([]);
  });
});

interface Axe {
  run(options: object): Promise<{ violations: Violation[] }>;
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

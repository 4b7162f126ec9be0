/** The page on a WebGPU adapter, here one that a CPU plays: the GPU lane runs in its worker, and its device is named as what it is. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspace } from '../integration/cli.ts';
import {
  type BuiltPage,
  buildPage,
  chromiumPath,
  launch,
  openPage,
  run,
  softwareAdapter,
} from './built-page.ts';
import { savedRun } from './saved-run.ts';

describe.skipIf(chromiumPath === undefined)('WebGPU in Chromium (skipped where none is on the PATH)', () => {
  const { at } = workspace();
  let built: BuiltPage;
  let browser: Browser;

  beforeAll(async () => {
    built = await buildPage();
    browser = await launch(chromiumPath!, softwareAdapter);
  });
  afterAll(async () => {
    await browser?.close();
    built?.close();
  });

  it('torch-mps-2.8: the NaN is born at the same element on both devices, and the verdict is about what follows', async () => {
    const given = '?model=tiny&limit=2&device=gpu&attn=sdpa&policy=torch-mps-2.8';
    const { page, faults } = await openPage(browser, built, given);
    const verdict = await run(page);
    const { record } = await savedRun(page, at('.'));
    expect(record.target?.decision).toMatchObject({ backend: 'webgpu', software: true });
    expect(record.target?.decision.label).toContain('SwiftShader');
    expect(record.target?.cascade?.origin?.mechanism.name).toBe('fully masked row');
    expect(record.target?.cascade?.origin).toEqual(record.reference?.cascade?.origin);
    expect(record.verdict.code).toBe('agree-non-finite');
    expect(verdict).toContain(record.verdict.sentence.slice(0, 40));
    expect(faults).toEqual([]);
  });

  it('the diagnosis has the answers of the shader below the kernels, and where it has no half floats it says so', async () => {
    const { page } = await openPage(browser, built, '?command=doctor');
    await page.locator('#copy:not([hidden])').waitFor();
    const lines = (await page.textContent('#survey'))!.split('\n').map((line) => line.split(/ {2,}/));
    const answers = (computed: string) => lines.find(([first]) => first === computed);
    expect(answers('computed')).toEqual([
      'computed',
      'IEEE 754',
      'webgpu',
      'webgpu shader',
      'wasm',
      'javascript',
    ]);
    // The one question of which WGSL leaves nothing open.
    expect(answers('select(false, NaN, 0)')).toEqual(['select(false, NaN, 0)', '0', 'ok', 'ok', 'ok', 'ok']);
    expect(answers('f16(65504)')?.slice(2)).toEqual([
      '-',
      expect.stringMatching(/^(ok|no shader-f16)$/),
      '-',
      '-',
    ]);
  });
});

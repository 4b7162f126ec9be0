/** What goes into the page and comes out of it: a dropped model and text, a saved run, runs that are opened, and files that are none of these. */
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareRuns, readRecord } from '@nanscope/harness';
import { strToU8, zipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspace } from '../integration/cli.ts';
import { type BuiltPage, buildPage, chromiumPath, launch, openPage, run, setting } from './built-page.ts';
import { savedRun } from './saved-run.ts';

const prose = fileURLToPath(new URL('../../packages/model/models/prose', import.meta.url));
const modelFiles = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];

describe.skipIf(chromiumPath === undefined)(
  'files on the page (skipped where no Chromium is on the PATH)',
  () => {
    const { at, text } = workspace();
    let built: BuiltPage;
    let browser: Browser;

    beforeAll(async () => {
      built = await buildPage();
      browser = await launch(chromiumPath!);
      mkdirSync(at('my-model'));
      for (const name of modelFiles) copyFileSync(join(prose, name), join(at('my-model'), name));
    });
    afterAll(async () => {
      await browser?.close();
      built?.close();
    });

    const chooseFolder = (page: Page, folder: string) => page.setInputFiles('input[webkitdirectory]', folder);
    const chooseFile = (page: Page, file: string) => page.setInputFiles('#files input[multiple]', file);

    it('a model folder and a text of the visitor, the run saved, read by the command line, and opened again', async () => {
      const { page, faults } = await openPage(browser, built, '?device=wasm&reference=none');
      await chooseFolder(page, at('my-model'));
      await chooseFile(page, text);
      await page.locator('#command', { hasText: '--model my-model' }).waitFor();
      expect(await page.textContent('#command')).toBe(
        'nanscope eval --model my-model --data text.txt --device wasm --reference none',
      );
      expect(await run(page)).toMatch(/The loss is \d+\.\d+, finite/);
      const { zip, folder, record } = await savedRun(page, at('.'));
      expect(record.target).toMatchObject({
        model: { parameters: 446_208 },
        data: { source: 'text.txt', rows: 6 },
      });

      // As `nanscope report` and `nanscope compare` do.
      expect((await readRecord(folder)).record).toEqual(record);
      const { verdict } = await compareRuns(folder, folder, { rtol: 0, atol: 0 }, 'nanscope compare');
      expect(verdict.code).toBe('agree');

      await chooseFile(page, zip);
      await page.locator('#stage', { hasText: 'opened' }).waitFor();
      expect(await page.textContent('#verdict')).toMatch(/The loss is \d+\.\d+, finite/);
      await chooseFolder(page, folder);
      await page.locator('#stage', { hasText: `opened ${folder.split('/').at(-1)}` }).waitFor();
      expect(faults).toEqual([]);
    });

    it('files that are none of these: one clear sentence each, and the page goes on working', async () => {
      const { page, faults } = await openPage(browser, built, '?device=wasm&reference=none&limit=2');
      const fault = page.locator('.fault:not([hidden])');
      const refused = async (words: RegExp) => {
        await fault.waitFor();
        const sentence = await fault.textContent();
        expect(sentence).toMatch(words);
        expect(sentence).not.toMatch(/\n|\bat .*\.js|Error:/);
        await setting(page, 'limit', '3'); // Any change of a setting puts it away.
        await setting(page, 'limit', '2');
      };

      mkdirSync(at('cut-off'));
      copyFileSync(join(prose, 'config.json'), at('cut-off/config.json'));
      const weights = readFileSync(join(prose, 'model.safetensors'));
      writeFileSync(at('cut-off/model.safetensors'), weights.subarray(0, weights.length / 2));
      await chooseFolder(page, at('cut-off'));
      await page.click('#run');
      await refused(/cut-off\/model\.safetensors.*truncated/);
      await page.click('[data-kind=model]');

      mkdirSync(at('weights-only'));
      copyFileSync(join(prose, 'model.safetensors'), at('weights-only/model.safetensors'));
      await chooseFolder(page, at('weights-only'));
      await refused(/config\.json and model\.safetensors together/);

      writeFileSync(at('bomb.zip'), zipSync({ 'run.json': new Uint8Array(80 * 2 ** 20) }, { level: 1 }));
      await chooseFile(page, at('bomb.zip'));
      await refused(/bomb\.zip: expected at most 64 MiB of unpacked files/);

      writeFileSync(at('broken.zip'), zipSync({ 'run.json': strToU8('{}') }).subarray(0, 40));
      await chooseFile(page, at('broken.zip'));
      await refused(/broken\.zip: expected/);

      writeFileSync(at('older.json'), JSON.stringify({ schemaVersion: '0.0', kind: 'eval' }));
      await chooseFile(page, at('older.json'));
      await refused(/older\.json: expected schemaVersion .* found "0\.0"/);

      // 5 GB that take no place on the disk: a text that is none is refused at its first bytes, not read.
      closeSync(openSync(at('huge.txt'), 'w'));
      truncateSync(at('huge.txt'), 5e9);
      await chooseFile(page, at('huge.txt'));
      await page.click('#run');
      await refused(/huge\.txt is binary, not UTF-8 text/);
      await page.click('[data-kind=data]');

      writeFileSync(at('picture.png'), 'not a picture');
      await chooseFile(page, at('picture.png'));
      await refused(/picture\.png: expected a model folder/);

      expect(await run(page)).toMatch(/The loss is \d+\.\d+, finite/);
      expect(faults).toEqual([]);
    });
  },
);

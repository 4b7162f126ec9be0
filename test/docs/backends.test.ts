/**
 * docs/backends.md states facts that the code owns: the notes on kernels, the device names, the worked example.
 * The parts between markers are compared with the code here; UPDATE_DOCS=1 writes them.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { deviceTable } from '@nanscope/device';
import { expect, it } from 'vitest';
import type { Correction } from '../../packages/backend/src/corrections/correction.ts';
import { corrections as cpu } from '../../packages/backend/src/cpu/index.ts';
import { corrections as tensorflow } from '../../packages/backend/src/tensorflow/corrections.ts';
import { corrections as wasm } from '../../packages/backend/src/wasm/corrections.ts';
import { correctionsFor } from '../../packages/backend/src/webgpu/corrections.ts';
import { adapters } from '../fixtures/adapters.ts';

const page = new URL('../../docs/backends.md', import.meta.url);
const example = new URL('../../examples/backend.ts', import.meta.url);

function notesTable(): string {
  const everyGpu = correctionsFor(adapters.llvmpipe);
  const beside = (notes: readonly Correction[]) =>
    notes.filter((note) => !everyGpu.some((other) => other.kernel === note.kernel && other.why === note.why));
  const backends: Record<string, readonly Correction[]> = {
    javascript: cpu,
    wasm,
    tensorflow,
    webgpu: everyGpu,
    'webgpu on Metal': beside(correctionsFor(adapters['apple-m1'])),
    'webgpu on SwiftShader': beside(correctionsFor(adapters.swiftshader)),
  };
  const rows = Object.entries(backends).flatMap(([backend, notes]) =>
    notes.map(
      ({ kernel, status, why }) =>
        `| ${backend} | ${kernel === '*' ? 'all' : `\`${kernel}\``} | ${status} | ${why} |`,
    ),
  );
  return ['| backend | kernel | status | why |', '|---|---|---|---|', ...rows].join('\n');
}

const sections: Record<string, () => string | Promise<string>> = {
  devices: () =>
    [
      '| `--device` | means |',
      '|---|---|',
      ...deviceTable.map(({ name, says }) => `| \`${name}\` | ${says} |`),
      '| the id of a third-party backend | that backend |',
    ].join('\n'),
  notes: notesTable,
  example: async () => `\`\`\`ts\n${(await readFile(example, 'utf8')).trimEnd()}\n\`\`\``,
};

it.each(Object.entries(sections))('docs/backends.md agrees with the code: %s', async (name, generate) => {
  const text = await readFile(page, 'utf8');
  const pattern = new RegExp(`(<!-- ${name}:begin -->\n)([^]*?)(<!-- ${name}:end -->)`);
  const [, , found] = pattern.exec(text) ?? [];
  const wanted = `${await generate()}\n`;
  if (process.env.UPDATE_DOCS)
    await writeFile(
      page,
      text.replace(pattern, (_, begin, __, end) => begin + wanted + end),
    );
  else expect(found, 'run it again with UPDATE_DOCS=1').toBe(wanted);
});

/**
 * The block in docs/doctor.md is what the doctor prints: the answers of its table are measured again here, on wasm and on a
 * software adapter where there is one. UPDATE_DOCS=1 runs the command and writes the block.
 */
import { execFileSync } from 'node:child_process';
import { release } from 'node:os';
import { builtinBackend } from '@nanscope/backend';
import { askKernels, askShader, questions } from '@nanscope/lane';
import type { NumericAnswer } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { nodeArguments } from '../integration/cli.ts';
import { at, expectPart, textOf } from './pages.ts';

/** The block of the page, or what the command prints now, less the version of this machine's kernel. */
function printed(): string {
  const env = { ...process.env, NO_COLOR: '1', COLUMNS: '100', LC_ALL: 'C.UTF-8' };
  const block = execFileSync(process.execPath, nodeArguments(['doctor']), {
    cwd: at('.'),
    env,
    encoding: 'utf8',
  });
  return `\`\`\`text\n${block.trimEnd().replaceAll(` ${release()}`, '')}\n\`\`\``;
}

if (process.env.UPDATE_DOCS)
  it('is written from its command', { timeout: 300_000 }, () =>
    expectPart('docs/doctor.md', 'doctor', printed()),
  );

const [, block = ''] = /<!-- doctor:begin -->\n```text\n([\s\S]*?)```/.exec(textOf('docs/doctor.md')) ?? [];
const lines = block.split('\n').map((line) => line.trimEnd().split(/ {2,}/));
const head = lines.find(([first]) => first === 'computed') ?? [];

/** What the page says of a question in a column. */
const shown = (computed: string, column: string) =>
  lines.find(([first]) => first === computed)?.[head.indexOf(column)];

function expectColumn(column: string, answers: Readonly<Record<string, NumericAnswer>>, mark: string): void {
  expect(head, `a column ${column}`).toContain(column);
  for (const { id, computed } of questions) {
    const answer = answers[id];
    const wanted = !answer ? '-' : answer.status === 'as IEEE 754' ? 'ok' : `${answer.found} ${mark}`;
    expect(shown(computed, column), `${column}, ${computed}: run it again with UPDATE_DOCS=1`).toBe(wanted);
  }
}

const webgpu = builtinBackend('webgpu')!;
const probe = await webgpu.probe();
const software = probe.available && /llvmpipe/.test(probe.facts.adapter?.device ?? '');

describe('the table of docs/doctor.md', () => {
  it('is what wasm computes', async () => {
    const session = await builtinBackend('wasm')!.open();
    expectColumn('wasm', await askKernels(), '!');
    await session.dispose();
  });

  it.skipIf(!software)(
    `is what the software adapter computes${software ? '' : ' (skipped: the page is of llvmpipe on WebGPU, which this machine has not)'}`,
    async () => {
      const session = await webgpu.open();
      const { device } = tf.backend() as unknown as { readonly device: GPUDevice };
      expectColumn('webgpu', await askKernels(), '(p)');
      expectColumn('webgpu shader', await askShader(device), '(p)');
      await session.dispose();
    },
  );
});

/**
 * docs/torch.md shows a NaN that PyTorch 2.4.1 makes itself, beside PyTorch 2.15, and its reduction. Both run here, where both
 * Pythons are (.ci/torch, .ci/torch 2.4.1). UPDATE_DOCS=1 writes what they print.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseResult } from '@nanscope/record';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oldPython, todaysPython } from '../fixtures/torch-python.ts';
import { type WarmPython, warmPython } from '../fixtures/warm-python.ts';
import { nodeArguments } from '../integration/cli.ts';
import { expectPart } from './pages.ts';
import { sectionsOf } from './report-of.ts';

const missing = [oldPython, todaysPython].filter((python) => !existsSync(python));
const absent =
  missing.length === 0 ? '' : ` (skipped: no torch in ${missing.join(', ')}; .ci/torch makes it)`;

const evaluation = (old: string, today: string) => [
  ...['eval', '--device', 'torch:cpu', '--python', old],
  ...['--reference', 'torch:cpu', '--reference-python', today],
  ...['--mask-form', '4d', '--attn', 'sdpa', '--limit', '16'],
];

describe.skipIf(absent)(`a NaN from PyTorch itself${absent}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-docs-'));
  const run = join(folder, 'run');
  let warm: WarmPython[] = [];
  let [old, today] = ['', ''];
  afterAll(() => {
    for (const python of warm) python.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const nanscope = (...command: string[]) => {
    const env = { ...process.env, NO_COLOR: '1', CI: '', COLUMNS: '100', LC_ALL: 'C.UTF-8' };
    return spawnSync(process.execPath, nodeArguments(command), { cwd: folder, env, encoding: 'utf8' });
  };
  const script = join(run, 'reduced', 'reproduce.py');
  let [evaluated, reduced] = [
    { stdout: '', status: -1 as number | null },
    { stdout: '', status: -1 as number | null },
  ];

  beforeAll(() => {
    warm = [oldPython, todaysPython].map((python, i) => warmPython(python, join(folder, `python${i}`)));
    [old, today] = warm.map(({ path }) => path) as [string, string];
    // From within the folder, so that what is printed has no path of this machine.
    evaluated = nanscope(...evaluation(old, today), '--out', 'run');
    reduced = nanscope('reduce', 'run');
  }, 600_000);

  it('is named with its op and its mechanism, and PyTorch 2.15 has none', () => {
    expect(evaluated.status).toBe(1);
    const result = parseResult(readFileSync(join(run, 'run.json'), 'utf8'), run);
    expect(result.verdict.code).toBe('kernel-bug-suspected');
    expect(result.target!.metrics!.loss).toBe('NaN');
    expect(result.target!.cascade!.origin).toMatchObject({
      key: 'forward/transformer.h.0/attn/_scaled_dot_product_flash_attention_for_cpu#0:0',
      mechanism: { name: 'fully masked row' },
      coordinates: [0, 0, 0, 0],
    });
    expect(result.reference!.cascade!.origin).toBeUndefined();
    expect(result.verdict.next).toContain('nanscope reduce');
  });

  it('is reduced to one query and one key in plain PyTorch, which shows it in 2.4.1 and not in 2.15', () => {
    expect(reduced.status).toBe(0);
    const lines = readFileSync(script, 'utf8').trim().split('\n');
    expect(lines.length).toBeLessThanOrEqual(30);
    expect(lines.join('\n')).not.toMatch(/nanscope|transformers/);
    const codes = [old, today].map((python) => spawnSync(python, [script], { encoding: 'utf8' }).status);
    expect(codes).toEqual([1, 0]);
    expect(readFileSync(join(run, 'reduced', 'report.md'), 'utf8')).toContain('**Seen.** NaN.');
  });

  it('is a case of the conformance suite, which says who is known to fail it and why it matters', () => {
    const filter = 'masked-row-bool;backend=own';
    const command = ['conform', '--device', 'torch:cpu', '--python', old, '--filter', filter];
    const { status, stdout } = nanscope(...command, '--json');
    expect(status).toBe(1);
    const [failed] = JSON.parse(stdout).cases;
    expect(failed).toMatchObject({ status: 'fail', known: expect.stringContaining('NaN on cpu before 2.5') });
    expect(failed.reason).toMatch(/expected 0 at row 0, head 0, query 0, channel 0, found nan/);
    expect(failed.why).toBe('left padding with a causal mask makes rows without a key');
    const text = nanscope(...command).stdout.replace(/\s+/g, ' ');
    expect(text).toContain('Known: NaN on cpu before 2.5');
    expect(text).toContain('It matters: left padding');
  }, 120_000);

  it('the page has what the report and the script say', () => {
    const sections = sectionsOf(evaluated.stdout);
    const report = [
      sections.get('Origin and spread'),
      evaluated.stdout.slice(evaluated.stdout.indexOf('╭')).trim(),
    ];
    expectPart('docs/torch.md', 'torch-nan', `\`\`\`text\n${report.join('\n\n')}\n\`\`\``);
    const text = readFileSync(script, 'utf8').trimEnd();
    // What only this machine shows is left out.
    const shown = text
      .replaceAll(/\+(cpu|cu\d+)/g, '')
      .replace(/Python [\d.]+, .*, cpu.*\.$/m, 'Python 3.11.7, Linux, cpu.');
    expectPart('docs/torch.md', 'torch-reduced', `\`\`\`python\n${shown}\n\`\`\``);
  });
});

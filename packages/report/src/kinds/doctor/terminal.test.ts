import { doctorSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { diagnosed } from '../../fixtures.ts';
import { renderMarkdown } from '../../reporters/markdown.ts';
import { doctorBlock, renderDoctor } from './terminal.ts';

const page = (record = diagnosed, width = 100) => renderDoctor(record, { width, color: false });
const answers = (text: string) =>
  new Map(text.split('\n').map((line) => [line.split(/ {2,}/)[0]!, line.split(/ {2,}/).slice(1)]));

describe('renderDoctor', () => {
  it('is of its schema; plain on a terminal, and one fenced block in Markdown', () => {
    expect(doctorSchema.parse(diagnosed)).toEqual(diagnosed);
    expect(page()).not.toContain('```');
    expect(doctorBlock(diagnosed)).toBe(`\`\`\`text\n${page()}\`\`\``);
    expect(renderMarkdown({ record: diagnosed })).toContain(doctorBlock(diagnosed));
  });

  it('says how nanscope was installed, where the record does', () => {
    const machine = { ...diagnosed.machine, installation: 'npx' as const };
    expect(page({ ...diagnosed, machine })).toContain('nanscope 0.1.0 (npx), Node');
    expect(page()).toContain('nanscope 0.1.0, Node');
  });

  it('text of the record does not close the block', () => {
    const hostile = doctorBlock({ ...diagnosed, command: 'nanscope doctor ```\n# title' });
    expect(hostile).toMatch(/^````text\n/);
    expect(hostile).toMatch(/\n````$/);
    expect(hostile).not.toMatch(/^# title/m);
  });

  it('tells what WGSL permits from what nothing permits, and a CPU from a shader', () => {
    const table = answers(page());
    expect(table.get('computed')).toEqual(['IEEE 754', 'webgpu', 'webgpu shader', 'wasm']);
    expect(table.get('max(NaN, 0)')).toEqual(['NaN', 'ok', '0 (p)', 'ok']);
    expect(table.get('select(false, NaN, 0)')).toEqual(['0', 'ok', 'NaN !', 'ok']);
    expect(table.get('2^-127 * 2')).toEqual(['2^-126', '0 (p)', 'ok', '0 !']);
  });

  it('says that a GPU is emulated, why a backend is not here, and which check failed', () => {
    expect(page()).toContain('SOFTWARE: the GPU is emulated on the CPU');
    expect(page()).toMatch(/^tensorflow {3}not here: looking at it ended its process/m);
    expect(page()).toMatch(/^ {2}FAIL {7}conform: metamorphic:causal-leak/m);
    expect(page()).toContain('exit 1');
  });

  it.each([60, 80, 200])(
    'keeps within %i columns, and 100 at most, but for the table of answers',
    (width) => {
      const [before] = page(diagnosed, width).split('\ncomputed');
      for (const line of before!.split('\n')) expect(line.length).toBeLessThanOrEqual(Math.min(100, width));
    },
  );
});

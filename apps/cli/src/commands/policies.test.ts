import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from '../run.ts';
import { commands } from './index.ts';

const write = vi.spyOn(process.stdout, 'write');
afterEach(() => write.mockReset());

async function printed(...argv: string[]): Promise<string> {
  let text = '';
  write.mockImplementation((part) => {
    text += String(part);
    return true;
  });
  expect(await run(['policies', ...argv], commands)).toBe(0);
  return text;
}

describe('nanscope policies', () => {
  it('lists every policy with its systems, what becomes of a masked row, and where it was read', async () => {
    const rows = JSON.parse(await printed('--json')) as {
      name: string;
      maskedRow: string;
      systems: string;
    }[];
    const text = await printed();
    for (const { name, maskedRow, systems } of rows) {
      expect(text).toContain(`${name}\n`);
      expect(text).toContain(maskedRow);
      expect(text.replace(/\s+/g, ' ')).toContain(systems);
    }
    expect(rows.filter(({ maskedRow }) => maskedRow === 'NaN').map(({ name }) => name)).toEqual([
      'torch-2.4',
      'torch-mps-2.8',
    ]);
  });

  it('--like names one, and the rule', async () => {
    const choice = JSON.parse(await printed('--json', '--like', 'torch=2.8,device=mps'));
    expect(choice).toMatchObject({ name: 'torch-mps-2.8', maskedRow: 'NaN' });
    expect(choice.because).toContain('before 2.9 on mps');
  });
});

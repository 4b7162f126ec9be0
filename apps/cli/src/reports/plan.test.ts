import { describe, expect, it } from 'vitest';
import { planReports } from './plan.ts';

const stdout = { kind: 'stdout' };

describe('planReports', () => {
  it('without a reporter, the terminal report goes to standard output', () => {
    expect(planReports(undefined, false, true)).toEqual([{ reporter: 'terminal', place: stdout }]);
  });

  it('--json is the reporter of that name, and others may write files beside it', () => {
    expect(planReports(['html', 'junit=a=b.xml'], true, true)).toEqual([
      { reporter: 'json', place: stdout },
      { reporter: 'html', place: { kind: 'folder', name: 'report.html' } },
      { reporter: 'junit', place: { kind: 'file', file: 'a=b.xml' } },
    ]);
  });

  it('annotations may stand among the lines of the terminal report, and - is standard output', () => {
    expect(planReports(['terminal', 'github'], false, true).map(({ place }) => place)).toEqual([
      stdout,
      stdout,
    ]);
    expect(planReports(['junit=-'], false, false)).toEqual([{ reporter: 'junit', place: stdout }]);
  });

  it.each([
    [['htlm'], false, true, /expected one of .*found "htlm". Did you mean html\?/],
    [['html='], false, true, /expected a file after =, found none/],
    [['html'], false, false, /expected =FILE, since there is no run folder/],
    [['terminal', 'json'], false, true, /one report on standard output, found terminal and json/],
    [['github'], true, true, /one report on standard output, found json and github/],
    [['terminal', 'terminal'], false, true, /one report on standard output/],
    [['html=a', 'junit=a'], false, true, /junit=a: expected a file of its own/],
    [['html', 'html'], false, true, /html: expected a file of its own/],
    [['__proto__'], false, true, /expected one of/],
    [['tensorboard=-'], false, true, /expected a folder, since tensorboard writes event files/],
  ])('refuses %j in one line', (texts, json, folder, message) => {
    expect(() => planReports(texts, json, folder)).toThrow(message);
    expect(() => planReports(texts, json, folder)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

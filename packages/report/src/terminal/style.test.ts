import { describe, expect, it } from 'vitest';
import { terminalStyle } from './style.ts';

describe('terminalStyle', () => {
  it('colours a terminal and nothing else', () => {
    expect(terminalStyle({}, true, 90)).toEqual({ width: 90, color: true, unicode: true, live: true });
    expect(terminalStyle({}, false)).toEqual({ width: 100, color: false, unicode: true, live: false });
  });

  it.each([
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: 'false' }, true, false],
    [{ TERM: 'dumb' }, true, false],
    [{ CI: 'true' }, false, false],
  ])('%j on a terminal (%s) gives colour %s', (env, isTTY, color) => {
    expect(terminalStyle(env, isTTY, 80).color).toBe(color);
  });

  it('rewrites lines only on a terminal outside CI', () => {
    expect(terminalStyle({ CI: 'true' }, true, 80).live).toBe(false);
    expect(terminalStyle({ CI: 'false' }, true, 80).live).toBe(true);
    expect(terminalStyle({ TERM: 'dumb' }, true, 80).live).toBe(false);
  });

  it('keeps to 40 to 120 columns', () => {
    expect(terminalStyle({}, true, 10).width).toBe(40);
    expect(terminalStyle({}, true, 300).width).toBe(120);
    expect(terminalStyle({ COLUMNS: '72' }, false).width).toBe(72);
    expect(terminalStyle({ COLUMNS: 'x' }, false).width).toBe(100);
  });

  it('falls back to ASCII where the locale or the console asks for it', () => {
    expect(terminalStyle({ LC_ALL: 'C' }, true, 80).unicode).toBe(false);
    expect(terminalStyle({ LANG: 'C.UTF-8' }, true, 80).unicode).toBe(true);
    expect(terminalStyle({ TERM: 'linux' }, true, 80).unicode).toBe(false);
    expect(terminalStyle({ OS: 'Windows_NT' }, true, 80).unicode).toBe(false);
    expect(terminalStyle({ OS: 'Windows_NT', WT_SESSION: 'x' }, true, 80).unicode).toBe(true);
  });
});

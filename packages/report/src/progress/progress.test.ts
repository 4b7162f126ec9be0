import { displayWidth } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { type ProgressState, progressLine, progressLogLine } from './line.ts';
import { createProgress } from './writer.ts';

const options = { width: 80, color: false };
const state: ProgressState = { lane: 'target', done: 3, total: 12, tokensPerSecond: 168.8, etaSeconds: 54 };

describe('progressLine', () => {
  it('has a bar, the batches, the time left and the rate', () => {
    expect(progressLine(state, options)).toBe(
      'target    ━━━━━─────────────────  3/12 batches · 54 s left · 169 tokens/s',
    );
    expect(progressLogLine(state, options)).toBe('target    3/12 batches · 54 s left · 169 tokens/s');
  });

  it('has no bar and no time left while the total is unknown', () => {
    const line = progressLine({ lane: 'target', done: 1234, tokensPerSecond: 12 }, options);
    expect(line).toBe('target    1,234 batches · 12.0 tokens/s');
  });

  it('counts one in the singular', () => {
    const words = (unit: string, done = 1) => progressLogLine({ lane: 'search', done, unit }, options);
    expect(['batches', 'cases', 'steps'].map((unit) => words(unit).split(/ +/)[2])).toEqual([
      'batch',
      'case',
      'step',
    ]);
    expect(words('cases', 2)).toBe('search    2 cases');
  });

  it('leaves out a time left that is not a number, and what is over', () => {
    expect(progressLine({ ...state, etaSeconds: Number.NaN }, options)).not.toMatch(/left|NaN/);
    expect(progressLine({ ...state, etaSeconds: Number.POSITIVE_INFINITY }, options)).not.toMatch(/left/);
    expect(progressLine({ ...state, done: 12, etaSeconds: 0 }, options)).not.toMatch(/left/);
  });

  it('says what else a lane is at', () => {
    expect(progressLogLine({ lane: 'target', done: 12, total: 12, phase: 'leak\u001b check' }, options)).toBe(
      'target    leak\\e check',
    );
  });

  it('is never wider than asked, and drops facts before it cuts', () => {
    for (let width = 20; width <= 120; width++) {
      const long = {
        ...state,
        lane: 'reference',
        done: 1234,
        total: 12000,
        etaSeconds: 5400,
        tokensPerSecond: 53000,
      };
      const line = progressLine(long, { width, color: false });
      expect(displayWidth(line)).toBeLessThanOrEqual(width);
      if (width >= 40) expect(line).toContain('1,234/12,000 batches');
      if (width >= 80) expect(line).toContain('53,000 tokens/s');
    }
  });
});

function written(live: boolean): {
  text: () => string;
  take: () => string;
  clock: { now: number };
  progress: ReturnType<typeof createProgress>;
} {
  let text = '';
  const clock = { now: 0 };
  const progress = createProgress({
    write: (part) => {
      text += part;
    },
    style: { ...options, unicode: true, live },
    now: () => clock.now,
    logEverySeconds: 10,
  });
  const take = (): string => {
    const taken = text;
    text = '';
    return taken;
  };
  return { text: () => text, take, clock, progress };
}

/** The cursor up over the old block, everything below cleared, a text above, and the lines of the new block. */
function redrawn(up: number, above: string, ...lines: string[]): RegExp {
  return new RegExp(`^\u001b\\[${up}A\\r\u001b\\[J${above}${lines.map((line) => `${line}\n`).join('')}$`);
}

describe('createProgress on a terminal', () => {
  it('rewrites one block for both devices and removes it at the end', () => {
    const { take, clock, progress } = written(true);
    progress.update(state);
    expect(take().split('\n')).toHaveLength(2);
    progress.update({ ...state, lane: 'reference' });
    expect(take()).toMatch(redrawn(1, '', 'target .*', 'reference .*'));
    progress.update({ ...state, done: 4 });
    expect(take()).toBe('');
    clock.now = 1000;
    progress.update({ ...state, done: 5 });
    expect(take()).toMatch(redrawn(2, '', 'target .*5/12.*', 'reference .*'));
    progress.say('careful');
    expect(take()).toMatch(redrawn(2, 'careful\n', 'target .*', 'reference .*'));
    progress.close();
    expect(take()).toBe('\u001b[2A\r\u001b[J');
    progress.close();
    progress.update(state);
    expect(take()).toBe('');
  });
});

describe('createProgress elsewhere', () => {
  it('writes a line now and then, without control characters', () => {
    const { take, clock, progress } = written(false);
    progress.update({ ...state, done: 0 });
    expect(take()).toMatch(/0\/12 batches/);
    clock.now = 9_000;
    progress.update({ ...state, done: 1 });
    expect(take()).toBe('');
    clock.now = 10_000;
    progress.update({ ...state, done: 2 });
    expect(take()).toMatch(/^target +2\/12 batches.*\n$/);
    progress.update({ ...state, done: 3 });
    progress.say('careful\u001b[2J');
    expect(take()).toBe('careful\\e[2J\n');
    progress.close();
    const last = take();
    expect(last).toMatch(/3\/12/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(last).not.toMatch(/[\r\u001b]/);
    progress.close();
    expect(take()).toBe('');
  });

  it('writes the end of a lane at once, and only once', () => {
    const { take, progress } = written(false);
    progress.update({ ...state, done: 11 });
    take();
    progress.update({ ...state, done: 12 });
    expect(take()).toMatch(/12\/12/);
    progress.update({ ...state, done: 12 });
    progress.close();
    expect(take()).toMatch(/^$|12\/12/);
  });
});

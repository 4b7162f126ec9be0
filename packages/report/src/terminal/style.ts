/** Decides from the environment how a report may look. Pure: the caller passes what it knows of its stream. */

/** What a report on a terminal has to keep to. */
export interface RenderOptions {
  /** Columns; no line is longer. At least 40. */
  readonly width: number;
  readonly color: boolean;
  /** Glyphs outside ASCII, default true. */
  readonly unicode?: boolean;
}

export interface TerminalStyle {
  /** Columns to use, at most 120 and at least 40. */
  readonly width: number;
  readonly color: boolean;
  /** Box drawing and glyphs outside ASCII. */
  readonly unicode: boolean;
  /** Whether lines may be rewritten in place (progress bars). */
  readonly live: boolean;
}

export const NARROWEST = 40;
export const WIDEST = 120;
/** Width where nobody looks at a terminal: files, pipes, CI logs. */
const UNKNOWN_WIDTH = 100;

type Environment = Readonly<Record<string, string | undefined>>;

function colorWanted(env: Environment, isTTY: boolean): boolean {
  // https://no-color.org: any value that is not empty; it wins over FORCE_COLOR, as in picocolors.
  if (env.NO_COLOR) return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTTY && env.TERM !== 'dumb';
}

function unicodeWanted(env: Environment): boolean {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  if (locale && !/utf-?8/i.test(locale)) return false;
  if (env.OS === 'Windows_NT') {
    // The old console host draws boxes as question marks under most code pages.
    return Boolean(
      env.WT_SESSION || env.TERM_PROGRAM || env.ConEmuTask || env.CI || env.TERM?.startsWith('xterm'),
    );
  }
  return true;
}

/**
 * @param env - `process.env` of the caller
 * @param isTTY - whether the stream written to is a terminal
 * @param columns - its width, where known
 */
export function terminalStyle(env: Environment, isTTY: boolean, columns?: number): TerminalStyle {
  const stated = Number(env.COLUMNS);
  const known = isTTY && columns ? columns : Number.isInteger(stated) && stated > 0 ? stated : UNKNOWN_WIDTH;
  const inCI = Boolean(env.CI) && env.CI !== 'false' && env.CI !== '0';
  return {
    width: Math.min(WIDEST, Math.max(NARROWEST, known)),
    color: colorWanted(env, isTTY),
    unicode: unicodeWanted(env),
    live: isTTY && !inCI && env.TERM !== 'dumb',
  };
}

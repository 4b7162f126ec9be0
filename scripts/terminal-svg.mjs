/**
 * Draws a terminal report as an SVG picture: text with ANSI colours in, SVG out. Knows the few codes that the report
 * uses (bold, dim, eight colours, two backgrounds) and nothing else. Lines of boxes are drawn as paths, so that they
 * join whatever font the reader has. Which pictures the docs have is in `make-pictures.mjs`.
 */
import { stripVTControlCharacters } from 'node:util';

const CELL = 8.4;
const LINE = 18;
const PAD = 18;
const BAR = 30;
/** @typedef {{ bold: boolean, dim: boolean, colour: string | undefined, background: string | undefined }} Style */
/** @typedef {{ text: string, style: Style }} Span */

/** @type {Style} */
const plain = { bold: false, dim: false, colour: undefined, background: undefined };
/** @type {Readonly<Record<number, string>>} */
const colours = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  37: '#ffffff',
  90: '#8b949e',
};
/** The orange of warnings, among the 256 colours that a terminal numbers. @type {Readonly<Record<string, string>>} */
const numbered = { '38;5;166': '#d75f00' };
/** @type {Readonly<Record<number, string>>} */
const backgrounds = { 41: '#b62324', 45: '#8957e5' };

/** Strokes of a box character within its cell, as fractions of it. @type {Readonly<Record<string, string>>} */
const strokes = {
  '─': 'M0 .5H1',
  '│': 'M.5 0V1',
  '╭': 'M.5 1V.8Q.5 .5 1 .5',
  '╮': 'M.5 1V.8Q.5 .5 0 .5',
  '╰': 'M.5 0V.2Q.5 .5 1 .5',
  '╯': 'M.5 0V.2Q.5 .5 0 .5',
};

/** @type {Readonly<Record<string, string>>} */
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** @param {string} text */
const xml = (text) => text.replace(/[&<>"]/g, (character) => entities[character] ?? character);

/**
 * The style after one SGR code.
 *
 * @param {Style} style
 * @param {number} code
 * @returns {Style}
 */
function styleAfter(style, code) {
  if (code === 0) return { ...plain };
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, colour: undefined };
  if (code === 49) return { ...style, background: undefined };
  if (backgrounds[code]) return { ...style, background: backgrounds[code] };
  if (colours[code]) return { ...style, colour: colours[code] };
  throw new Error(`no picture of SGR code ${code} yet`);
}

/**
 * One line as spans of one style each.
 *
 * @param {string} line
 * @param {Style} begin
 * @returns The spans, and the style in force at the end.
 */
function spansOf(line, begin) {
  let style = begin;
  /** @type {Span[]} */
  const spans = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI codes begin with one
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    if (part.startsWith('\u001b')) {
      const codes = part.slice(2, -1);
      if (numbered[codes]) style = { ...style, colour: numbered[codes] };
      else for (const code of codes.split(';')) style = styleAfter(style, Number(code));
    } else if (part !== '') spans.push({ text: part, style });
  }
  return { spans, style };
}

/**
 * Runs of box characters and runs of text; blanks of a run's ends, and two or more within, are only distance.
 *
 * @param {string} text
 * @param {number} column
 */
function runsOf(text, column) {
  const runs = [];
  for (const { 0: run, index } of text.matchAll(/[─│╭╮╰╯]+|(?:[^─│╭╮╰╯ ]| (?! ))+/g)) {
    const lead = run.length - run.trimStart().length;
    if (run.trim() !== '') runs.push({ text: run.trim(), column: column + index + lead });
  }
  return runs;
}

/** @param {number} column */
const x = (column) => (PAD + column * CELL).toFixed(1);
/** @param {number} row */
const top = (row) => BAR + PAD + row * LINE;

/**
 * @param {string} text Box characters.
 * @param {number} column
 * @param {number} row
 * @param {string} paint
 */
function boxPath(text, column, row, paint) {
  const path = [...text].map((character, i) =>
    (strokes[character] ?? '').replace(/([MHVQ])([\d. ]+)/g, (_, command, numbers) => {
      /** @type {number[]} */
      const points = numbers.trim().split(' ').map(Number);
      /** @param {number | undefined} value */
      const across = (value = 0) => (PAD + (column + i + value) * CELL).toFixed(1);
      /** @param {number | undefined} value */
      const down = (value = 0) => (top(row) + value * LINE).toFixed(1);
      if (command === 'H') return `H${across(points[0])}`;
      if (command === 'V') return `V${down(points[0])}`;
      return command + points.map((value, k) => (k % 2 ? down(value) : across(value))).join(' ');
    }),
  );
  return `<path d="${path.join('')}" fill="none" stroke="${paint}"/>`;
}

/**
 * @param {readonly Span[]} spans
 * @param {number} row
 */
function drawLine(spans, row) {
  const shapes = [];
  let column = 0;
  for (const { text, style } of spans) {
    const { bold, dim, colour = '#e6edf3', background } = style;
    const paint = dim && colour === '#e6edf3' ? '#8b949e' : colour;
    if (background) {
      const width = (text.length * CELL).toFixed(1);
      shapes.push(
        `<rect x="${x(column)}" y="${top(row) + 1}" width="${width}" height="${LINE - 2}" fill="${background}"/>`,
      );
    }
    for (const run of runsOf(text, column)) {
      if (run.text.charAt(0) in strokes)
        shapes.push(boxPath(run.text, run.column, row, dim ? '#3d444d' : paint));
      else {
        const width = (run.text.length * CELL).toFixed(1);
        const weight = bold ? ' font-weight="bold"' : '';
        shapes.push(
          `<text x="${x(run.column)}" y="${top(row) + 13}" textLength="${width}" fill="${paint}"${weight}>${xml(run.text)}</text>`,
        );
      }
    }
    column += text.length;
  }
  return shapes.join('');
}

/**
 * @param {string} report Text with ANSI colours, one character a cell.
 * @param {string} title What a screen reader reads.
 * @returns {string} An SVG document.
 */
export function terminalSvg(report, title) {
  const lines = report.trimEnd().split('\n');
  const columns = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  const width = Math.ceil(columns * CELL + 2 * PAD);
  const height = BAR + lines.length * LINE + 2 * PAD;
  let style = plain;
  const rows = lines.map((line, row) => {
    const parsed = spansOf(line, style);
    style = parsed.style;
    return drawLine(parsed.spans, row);
  });
  const lights = ['#ff5f57', '#febc2e', '#28c840'].map(
    (colour, i) => `<circle cx="${PAD + i * 18}" cy="${BAR / 2}" r="5.5" fill="${colour}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${xml(title)}">
<rect width="${width}" height="${height}" rx="9" fill="#0d1117"/>
<path d="M0 ${BAR}V9Q0 0 9 0H${width - 9}Q${width} 0 ${width} 9V${BAR}Z" fill="#21262d"/>
${lights.join('')}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">
<text x="${width / 2}" y="${BAR / 2 + 5}" text-anchor="middle" font-size="13" fill="#8b949e">nanscope</text>
${rows.join('\n')}
</g>
</svg>
`;
}

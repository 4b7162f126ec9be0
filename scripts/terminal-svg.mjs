/**
 * Draws a terminal report as an SVG picture for the docs: text with ANSI colours on standard input, SVG on
 * standard output. Knows the few codes the report uses (bold, dim, the eight colours) and nothing else.
 *
 *     FORCE_COLOR=1 pnpm eval ... | node scripts/terminal-svg.mjs 'title' > docs/images/name.svg
 */
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const CHARACTER = 8.4;
const LINE = 18;
const PAD = 16;
const colours = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
};

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

/** Spans of one line: text and the style it has. The style is carried from line to line. */
function spansOf(line, style) {
  const spans = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI codes begin with one
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI codes begin with one
    const code = /^\u001b\[([\d;]*)m$/.exec(part);
    if (!code) {
      if (part) spans.push({ text: part, ...style });
      continue;
    }
    for (const n of code[1].split(';').map(Number)) {
      if (n === 0) Object.assign(style, { bold: false, dim: false, colour: undefined });
      else if (n === 1) style.bold = true;
      else if (n === 2) style.dim = true;
      else if (n === 22) Object.assign(style, { bold: false, dim: false });
      else if (n === 39) style.colour = undefined;
      else if (colours[n]) style.colour = colours[n];
    }
  }
  return spans;
}

const title = process.argv[2] ?? 'nanscope';
const lines = readFileSync(0, 'utf8').trimEnd().split('\n');
const columns = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
const [width, height] = [Math.ceil(columns * CHARACTER + 2 * PAD), lines.length * LINE + 2 * PAD];
const style = { bold: false, dim: false, colour: undefined };
const rows = lines.map((line, i) => {
  let column = 0;
  const spans = spansOf(line, style).map(({ text, bold, dim, colour }) => {
    const x = (PAD + column * CHARACTER).toFixed(1);
    column += text.length;
    const attributes = [
      `x="${x}"`,
      `textLength="${(text.length * CHARACTER).toFixed(1)}"`,
      colour ? `fill="${colour}"` : '',
      bold ? 'font-weight="bold"' : '',
      dim ? 'opacity="0.6"' : '',
    ];
    return `<tspan ${attributes.filter(Boolean).join(' ')}>${escape(text)}</tspan>`;
  });
  return `<text y="${PAD + LINE * (i + 0.75)}">${spans.join('')}</text>`;
});
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3" xml:space="preserve">
${rows.join('\n')}
</g>
</svg>
`);

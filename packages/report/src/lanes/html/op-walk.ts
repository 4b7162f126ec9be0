/**
 * A walk through the ops in order of execution: a strip of them, a row a lane, coloured by the share of values that are
 * not finite; the slider that steps over them; and the words of each step. The heat map of positions follows it.
 */
import type { CascadeRow } from '@nanscope/record';
import { count, percent, type Role } from '@nanscope/words';
import { type Html, html } from '../../html/parts.ts';
import { kindOf, valueWords } from './cascade-graph.ts';

const LABEL = 96;
const HEIGHT = 20;
const TOP = 18;
/** The strip is drawn as wide as a heat map, and an op never narrower than it can be told from its neighbour. */
const WIDTH = 1080;
const [NARROWEST, WIDEST] = [4, 18];

/** Upper bounds of the shares that have a shade of their own; what is above the last is the darkest. */
export const shades: readonly (readonly [share: number, opacity: number, words: string])[] = [
  [0.01, 0.35, 'up to 1 %'],
  [0.1, 0.55, 'up to 10 %'],
  [0.5, 0.8, 'up to half'],
  [1, 1, 'more'],
];

const opacityOf = (share: number): number => shades.find(([most]) => share <= most)?.[1] ?? 1;

/** What a step says: the op, and its class and counts on each lane. */
export function stepWords(row: CascadeRow, lanes: readonly Role[]): string {
  const share = (role: Role) => {
    const cell = row[role];
    const bad = cell ? cell.nan + cell.inf : 0;
    return cell && bad > 0 && cell.size > 0 ? ` (${percent(bad / cell.size)})` : '';
  };
  const marks = [
    row.origin && 'origin',
    row.benign !== undefined && 'intended',
    row.diverges && 'the class differs',
  ].filter(Boolean);
  return `${row.layer} ${row.op}: ${lanes.map((role) => `${role} ${valueWords(row, role)}${share(role)}`).join('; ')}${marks.length > 0 ? `; ${marks.join(', ')}` : ''}`;
}

/**
 * For each layer of the residual stream, the step with which its line is written: that of its last op. A layer
 * without an op of its own in the walk is clean, and is there as soon as the walk has come as far as the layer before.
 */
export function writtenAt(layers: readonly string[], rows: readonly CascadeRow[]): number[] {
  let reached = 0;
  return layers.map((layer) => {
    reached = Math.max(
      reached,
      rows.findLastIndex((row) => row.layer === layer),
      0,
    );
    return reached;
  });
}

function column(row: CascadeRow, index: number, width: number, lanes: readonly Role[]): Html {
  const x = LABEL + index * width;
  const rects = lanes.map((role, at) => {
    const cell = row[role];
    if (!cell) return undefined;
    const bad = cell.nan + cell.inf;
    const kind =
      bad === 0 ? 'finite' : kindOf(row, role) === 'benign' ? 'intended' : cell.nan > 0 ? 'nan' : 'infinity';
    const shade = bad === 0 ? 1 : opacityOf(cell.size > 0 ? bad / cell.size : 1);
    return html`<rect class="${kind}" x="${x}" y="${TOP + at * HEIGHT}" width="${width - 1}" height="${HEIGHT - 2}" fill-opacity="${shade}"/>`;
  });
  return html`<g class="op-column" data-index="${index}">${rects}<rect class="cursor" x="${x - 0.5}" y="${TOP - 1}" width="${width}" height="${lanes.length * HEIGHT}"/>${
    row.origin !== undefined && html`<text class="mark" x="${x + width / 2}" y="${TOP - 5}">◆</text>`
  }${row.diverges && html`<text class="mark" x="${x + width / 2}" y="${TOP + lanes.length * HEIGHT + 12}">≠</text>`}</g>`;
}

function strip(rows: readonly CascadeRow[], lanes: readonly Role[]): Html {
  const each = Math.max(NARROWEST, Math.min(WIDEST, Math.floor((WIDTH - LABEL) / rows.length)));
  const width = LABEL + rows.length * each + 2;
  const height = TOP + lanes.length * HEIGHT + 16;
  const born = rows.find(({ origin }) => origin !== undefined);
  const label = `${count(rows.length)} ops in execution order by share of values not finite${born ? `; the origin is ${born.layer} ${born.op}` : ''}`;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="ops by lane"><svg class="heat strip" role="img" aria-label="${label}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${lanes.map(
    (role, at) => html`<text x="0" y="${TOP + at * HEIGHT + 13}">${role}</text>`,
  )}${rows.map((row, index) => column(row, index, each, lanes))}</svg></div>
`;
}

const legend = (): Html =>
  html`<ul class="legend">${shades.map(
    ([, opacity, words]) =>
      html`<li><svg width="20" height="16" aria-hidden="true" focusable="false" class="heat"><rect class="nan" width="20" height="16" fill-opacity="${opacity}"/></svg> ${words}</li>`,
  )}<li><span class="swatch infinity"></span> infinities only</li><li><span class="swatch intended"></span> intended</li><li><span class="swatch finite"></span> finite</li></ul>
`;

/** @param lanes those that have an op in `rows`, upper row first */
export function opWalk(rows: readonly CascadeRow[], lanes: readonly Role[]): Html {
  const last = rows.length - 1;
  return html`<p>Share of each op's values that are not finite, in execution order:</p>
${legend()}${strip(rows, lanes)}
<div class="slider" hidden><label for="op">Up to op</label> <input id="op" type="range" min="0" max="${last}" value="${last}" step="1"> <output for="op" role="status"></output></div>
<details><summary>The steps in words, ${count(rows.length)} ops</summary><ol class="op-words">${rows.map(
    (row) => html`<li>${stepWords(row, lanes)}</li>`,
  )}</ol></details>
`;
}

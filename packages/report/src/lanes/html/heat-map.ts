/** Layer x position as a picture of each lane, or one of both where they are the same: NaN, infinity, finite, padding; a slider over the ops walks through it. */
import type { PictureRecord, ResultRecord } from '@nanscope/record';
import { count, counted, perLane, roles } from '@nanscope/words';
import { type Content, type Html, html, type Section, section } from '../../html/parts.ts';
import { cascadeRows } from '../../words/rows.ts';
import { squeeze } from '../terminal/picture.ts';
import { opWalk, writtenAt } from './op-walk.ts';

/** Cells are as wide as fits two pictures side by side; a letter needs the whole width. */
const [NARROWEST, WIDEST] = [3, 9];
const ROOM = 372;
const LINE = 18;
const LABEL = 96;
/** Positions drawn in a row; where there are more, a cell stands for several and shows the worst of them. */
const MOST_CELLS = 120;
/** Batch rows drawn; more are counted. */
const MOST_ROWS = 12;
/** Batch rows named in the words of a layer. */
const ROWS_SAID = 4;

const kinds: Readonly<Record<string, readonly [name: string, letter: string]>> = {
  N: ['nan', 'N'],
  I: ['infinity', 'I'],
  '.': ['finite', ''],
  '-': ['unmeasured', ''],
};

const broken = (cells: string): boolean => /[NI]/.test(cells);

/** Neighbouring cells of one kind as one rectangle, lettered where there is room. */
function strip(cells: string, y: number, cell: number): Html[] {
  let at = 0;
  return (cells.match(/(.)\1*/g) ?? []).map((run) => {
    const [name, letter] = kinds[run[0]!]!;
    const x = LABEL + at * cell;
    at += run.length;
    const width = run.length * cell;
    return html`<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${LINE - 2}"/>${
      letter !== '' &&
      width >= WIDEST &&
      html`<text class="letter ${name}" x="${x + width / 2}" y="${y + 12}">${letter}</text>`
    }`;
  });
}

function rowPicture(picture: PictureRecord, row: number, written: readonly number[]): Html {
  const own = picture.cells[row]!;
  const length = own.reduce((longest, cells) => Math.max(longest, cells.length), 0);
  const factor = Math.max(1, Math.ceil(length / MOST_CELLS));
  const padding = picture.padding[row] ?? { left: 0, right: 0 };
  const [left, right] = [padding.left, padding.right].map((pads) => Math.max(0, Math.min(length, pads))) as [
    number,
    number,
  ];
  const drawn = Math.ceil(length / factor);
  const cell = Math.max(NARROWEST, Math.min(WIDEST, Math.floor(ROOM / Math.max(1, drawn))));
  const width = LABEL + drawn * cell + 2;
  const height = LINE * (own.length + 1) + 16;
  const ruler = (from: number, to: number) =>
    to > from &&
    html`<rect class="padding" x="${LABEL + (from / factor) * cell}" y="18" width="${((to - from) / factor) * cell}" height="8"/>`;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="batch row ${row}, layer by position"><svg class="heat" role="img" aria-label="${rowWords(picture, row)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><text x="0" y="12">batch row ${row}</text><text class="tick" x="${LABEL}" y="12">position 0</text><text class="tick end" x="${width - 2}" y="12">${length - 1}</text><rect class="real" x="${LABEL}" y="18" width="${width - LABEL - 2}" height="8"/>${ruler(0, left)}${ruler(length - right, length)}${own.map(
    (cells, layer) =>
      html`<g class="layer-line" data-written="${written[layer]!}"><text x="0" y="${LINE * (layer + 1) + 25}">${picture.layers[layer]!}</text>${strip(squeeze(cells, factor), LINE * (layer + 1) + 12, cell)}</g>`,
  )}</svg></div>
${factor > 1 && html`<p class="dim">Each cell stands for ${factor} positions and shows the worst of them.</p>`}`;
}

/** `positions 0 to 6`, of the runs of cells that are not finite. */
function runs(cells: string): string {
  return [...cells.matchAll(/[NI]+/g)]
    .map(({ index, 0: run }) =>
      run.length === 1 ? `position ${index}` : `positions ${index} to ${index + run.length - 1}`,
    )
    .join(', ');
}

function rowWords({ layers, cells }: PictureRecord, row: number): string {
  const said = layers.flatMap((layer, i) =>
    broken(cells[row]![i] ?? '') ? [`${layer}: ${runs(cells[row]![i]!)}`] : [],
  );
  return `batch row ${row}: ${said.length === 0 ? 'finite at every layer' : `not finite at ${said.join('; ')}`}`;
}

/** What a layer holds, for the list and for who listens to the slider. */
function layerWords({ layers, cells }: PictureRecord, layer: number): string {
  const rows = cells.flatMap((own, row) =>
    broken(own[layer] ?? '') ? [`row ${row}, ${runs(own[layer]!)}`] : [],
  );
  const bad = cells.reduce((sum, own) => sum + (own[layer] ?? '').replace(/[^NI]/g, '').length, 0);
  return `${layers[layer]}: ${bad === 0 ? 'every position is finite' : `${count(bad)} positions not finite; ${rows.slice(0, ROWS_SAID).join('; ')}${rows.length > ROWS_SAID ? `; and ${count(rows.length - ROWS_SAID)} more rows` : ''}`}`;
}

function lanePicture(who: string, picture: PictureRecord, written: readonly number[]): Content {
  const all = picture.cells.map((_, row) => row);
  const touched = all.filter((row) => picture.cells[row]!.some(broken));
  const shown = touched.slice(0, MOST_ROWS);
  const more = touched.length - shown.length;
  const healthy = all.length - touched.length;
  return html`<figure><figcaption><strong>${who}</strong></figcaption>
${shown.map((row) => rowPicture(picture, row, written))}${more > 0 && html`<p class="dim">${counted(more, 'more batch row')} with non-finite values</p>`}${
  healthy > 0 && html`<p class="dim">${counted(healthy, 'batch row')} finite at every layer</p>`
}</figure>
`;
}

export function heatMap(result: ResultRecord): Section[] {
  const drawn = roles.flatMap((role) => {
    const picture = result[role]?.cascade?.picture;
    return picture?.cells.some((row) => row.some(broken)) ? [{ role, picture }] : [];
  });
  const [first] = drawn;
  if (!first) return [];
  const rows = cascadeRows(result);
  const lanes = roles.filter((role) => rows.some((row) => row[role] !== undefined));
  const written = writtenAt(first.picture.layers, rows);
  const said = perLane(result, (lane) => lane.cascade?.picture).filter(({ value }) =>
    value.cells.some((row) => row.some(broken)),
  );
  const alike = said.length === 1 && said[0]!.who === 'both devices';
  return [
    section(
      'positions',
      'Op by op, layer × position',
      rows.length > 0 && opWalk(rows, lanes),
      html`<ul class="legend"><li><span class="swatch nan">N</span> NaN</li><li><span class="swatch infinity">I</span> infinity</li><li><span class="swatch finite"></span> finite</li><li><span class="swatch unmeasured"></span> not measured</li><li><span class="swatch padding"></span> padding</li></ul>
`,
      html`<div class="heats">${
        alike
          ? lanePicture('both devices, the same cell by cell', first.picture, written)
          : drawn.map(({ role, picture }) => lanePicture(role, picture, written))
      }</div>
`,
      html`<details><summary>The same in words, layer by layer</summary>${said.map(
        ({ who, value }) =>
          html`<h3>${who}</h3><ol class="layer-words">${value.layers.map((_, layer) => html`<li data-written="${writtenAt(value.layers, rows)[layer]!}">${layerWords(value, layer)}</li>`)}</ol>`,
      )}</details>
`,
    ),
  ];
}

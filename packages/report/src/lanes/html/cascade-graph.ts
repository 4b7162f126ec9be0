/**
 * The cascade as a graph: ops as nodes in execution order, a box a layer, both devices as rails through it. What an op
 * did is shown by shape and letter; who looks at one reads its figures and evidence in the panel below.
 */
import type { CascadeRow, OpClass, OriginRecord, ResultRecord } from '@nanscope/record';
import { count, counted, keyWords, type Role, roles } from '@nanscope/words';
import { badge, type Html, html, type Section, section, table } from '../../html/parts.ts';
import { cascadeRows } from '../../words/rows.ts';
import { alignmentWords } from '../terminal/cascade.ts';

const WIDTH = 26;
const HEIGHT = 78;
/** Where the rails of the lanes run. */
const rail = { target: 32, reference: 62 } as const;

/** What a node shows: a class, or that the value is intended. */
type Kind = OpClass | 'benign';

export const kindWords: Readonly<Record<Kind, string>> = {
  gen: 'gen: born here',
  prop: 'prop: passed on',
  kill: 'kill: went in, not out',
  benign: 'benign: intended',
  clean: 'clean',
};

const kinds = Object.keys(kindWords) as readonly Kind[];

const shapes: Readonly<Record<Kind, Html>> = {
  gen: html`<circle r="10"/><text y="4">G</text>`,
  prop: html`<path d="M-9 -9H3L11 0L3 9H-9Z"/><text y="4">P</text>`,
  kill: html`<rect x="-9" y="-9" width="18" height="18"/><text y="4">K</text>`,
  benign: html`<path d="M0 -11L11 0L0 11L-11 0Z" stroke-dasharray="3 2"/><text y="4">b</text>`,
  clean: html`<circle r="3.5"/>`,
};

/** Shapes are drawn once and used by every node. */
export const shapeSymbols = (): Html =>
  html`<svg class="symbols" width="0" height="0" aria-hidden="true" focusable="false"><defs>${kinds.map(
    (kind) => html`<g id="node-${kind}" class="node ${kind}">${shapes[kind]}</g>`,
  )}</defs></svg>
`;

export const kindOf = (row: CascadeRow, role: Role): Kind | undefined =>
  row[role] && (row.benign !== undefined && row[role].class !== 'clean' ? 'benign' : row[role].class);

export function valueWords(row: CascadeRow, role: Role): string {
  const cell = row[role];
  if (!cell) return 'no such op';
  const parts = [
    cell.nan > 0 ? `${count(cell.nan)} NaN` : '',
    cell.inf > 0 ? `${count(cell.inf)} Inf` : '',
  ].filter(Boolean);
  return `${cell.class}, ${parts.length === 0 ? 'finite' : parts.join(' and ')} of ${count(cell.size)}`;
}

interface Context {
  readonly lanes: readonly Role[];
  readonly origins: readonly OriginRecord[];
  readonly firstDivergence?: string | undefined;
  readonly divergence?: { readonly label: string; readonly reason: string } | undefined;
}

/** Everything known of an op, a line each. */
function nodeWords(row: CascadeRow, { lanes, origins, firstDivergence, divergence }: Context): string {
  const born = row.origin && origins.find(({ key }) => key === row.key);
  return [
    `${row.layer} ${row.op}`,
    ...lanes.map((role) => `${role}: ${valueWords(row, role)}`),
    ...(row.origin === undefined
      ? []
      : [`origin${row.origin === 'both' ? '' : `, on the ${row.origin} only`}`]),
    ...(born ? [`${born.mechanism.name}: ${born.mechanism.evidence}`] : []),
    ...(row.benign === undefined ? [] : [`intended: ${row.benign}`]),
    ...(row.diverges ? ['the class differs between the devices'] : []),
    ...(row.key === firstDivergence && divergence ? [`${divergence.label}: ${divergence.reason}`] : []),
    row.key,
  ].join('\n');
}

function node(row: CascadeRow, context: Context): Html {
  const words = nodeWords(row, context);
  const marks = [row.origin === undefined ? '' : '◆', row.diverges ? '≠' : ''].join('');
  const shape = (role: Role) => {
    const kind = kindOf(row, role);
    const y = rail[role];
    return html`<path class="rail ${role}" d="M0 ${y}H${WIDTH}"/>${
      kind && html`<use href="#node-${kind}" x="${WIDTH / 2}" y="${y}"/>`
    }`;
  };
  return html`<li><button type="button" class="op${row.diverges && ' diverges'}" aria-label="${words.replaceAll('\n', '; ')}" data-say="${words}"><svg width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true" focusable="false">${context.lanes.map(shape)}${
    marks !== '' && html`<text class="mark" x="${WIDTH / 2}" y="15">${marks}</text>`
  }</svg></button></li>`;
}

function layers(rows: readonly CascadeRow[]): { layer: string; rows: CascadeRow[] }[] {
  const groups: { layer: string; rows: CascadeRow[] }[] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.layer === row.layer) last.rows.push(row);
    else groups.push({ layer: row.layer, rows: [row] });
  }
  return groups;
}

const legend = (lanes: readonly Role[]): Html =>
  html`<ul class="legend">${kinds.map(
    (kind) =>
      html`<li><svg width="26" height="24" viewBox="-13 -12 26 24" aria-hidden="true" focusable="false"><use href="#node-${kind}"/></svg> ${kindWords[kind]}</li>`,
  )}<li>◆ origin</li><li>≠ the class differs</li><li>${lanes.length === 2 ? 'upper rail target, lower rail reference' : `rail: ${lanes[0]}`}</li></ul>
`;

function rowTable(rows: readonly CascadeRow[], { lanes }: Context): Html {
  const body = rows.map((row) => ({
    cells: [
      `${row.layer} ${row.op}`,
      ...lanes.map((role) => valueWords(row, role)),
      [row.origin && '◆ origin', row.diverges && '≠ differs', row.benign && `benign: ${row.benign}`]
        .filter(Boolean)
        .join('; '),
    ],
  }));
  return html`<details><summary>The same as a table, ${count(rows.length)} ops</summary>${table(
    'Every op with a non-finite value near it',
    ['op', ...lanes, 'remark'],
    body,
  )}</details>
`;
}

/** @param unit what a trace is of */
export function cascadeGraph(result: ResultRecord, unit: 'batch' | 'step'): Section[] {
  const traced = roles.flatMap((role) => result[role]?.cascade ?? []);
  if (traced.length === 0) return [];
  const rows = cascadeRows(result);
  const lanes = roles.filter((role) => rows.some((row) => row[role] !== undefined));
  const { ops } = result.comparison ?? {};
  const context: Context = {
    lanes,
    origins: traced.flatMap(({ origin }) => origin ?? []),
    firstDivergence: ops?.firstDivergence,
    divergence: ops?.divergence,
  };
  const bad = rows.some(
    (row) =>
      row.diverges || roles.some((role) => row[role] && !['clean', 'benign'].includes(kindOf(row, role)!)),
  );
  const total = Math.max(...traced.map((cascade) => cascade.ops));
  const untraced = total === 0;
  const clean = total - rows.length;
  const cut = traced.reduce((sum, { eventsCut }) => sum + eventsCut, 0);
  const alignment = alignmentWords(result);
  const graph = html`<div class="graph" role="group" aria-label="Ops in execution order; arrow keys move between them">${layers(
    rows,
  ).map(
    ({
      layer,
      rows: own,
    }) => html`<div class="layer" data-layer="${layer}"><h3>${layer}</h3><ol>${own.map((row) => node(row, context))}</ol></div>
`,
  )}</div>
<p class="inspector" role="status" data-empty="Hover over an op, or focus one, to read its figures and evidence."></p>
`;
  return [
    section(
      'cascade',
      'Cascade',
      untraced && html`<p>No op was looked at (<code>--trace ${traced[0]!.level}</code>).</p>`,
      !untraced && !bad && html`<p>${badge('pass', 'no op makes an unintended NaN or infinity')}</p>`,
      alignment !== undefined && html`<p>${badge(ops!.divergent === 0 ? 'pass' : 'fail', alignment)}</p>`,
      context.firstDivergence !== undefined &&
        html`<p>First divergence at <strong>${keyWords(context.firstDivergence)}</strong>${
          context.divergence && `: ${context.divergence.label}, ${context.divergence.reason}`
        }</p>`,
      rows.length > 0 &&
        (bad
          ? html`${legend(lanes)}${graph}`
          : html`<details><summary>${counted(rows.length, 'op')} with an intended one, drawn</summary>${legend(lanes)}${graph}</details>
`),
      !untraced &&
        html`<p class="dim">${count(total)} ops per ${unit}${
          cut === 0 &&
          clean > 0 &&
          `, of which ${count(clean)} have no non-finite value near them and are not drawn`
        }${cut > 0 && `; ${count(cut)} more events not listed`}</p>
`,
      rows.length > 0 && rowTable(rows, context),
    ),
  ];
}

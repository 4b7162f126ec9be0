/** The attention pattern of a chosen head: which keys a query sees, which it should not, and where it is not finite. Told apart by letters and lines, not by colour alone. */
import { errorLine } from '@nanscope/errors';
import type { DecidedDevices, Role } from '@nanscope/harness';
import { roles } from '@nanscope/harness';
import type { AttentionPattern, LaneTask, PatternCell } from '@nanscope/lane';
import { backendName, type LaneRecord } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import { count } from '@nanscope/words';
import type { PageFiles } from '../worker/tasks.ts';
import { all, type Html, html, one, show } from './dom.ts';

export interface PatternSubject {
  readonly config: EvalConfig;
  readonly policy: LaneTask['policy'];
  readonly files: PageFiles;
  readonly decided: DecidedDevices;
  readonly lane: LaneRecord;
}

const CELL = 9;
const EDGE = 52;

const about: Readonly<Record<PatternCell, readonly [letter: string, words: string]>> = {
  attended: ['', 'attended: the stronger the colour, the more weight'],
  masked: ['', 'masked: not allowed, weight 0'],
  leaked: ['!', 'leaked: not allowed, and yet of some weight'],
  nan: ['N', 'NaN'],
  infinity: ['I', 'infinity'],
};

/** Four shades are as many as can be told apart. */
const shade = (probability: number) => Math.min(4, Math.ceil(Math.sqrt(probability) * 4));

const kindAt = ({ cells, probabilities }: AttentionPattern, at: number): string =>
  cells[at] === 'attended' ? `attended s${shade(probabilities[at]!)}` : cells[at]!;

/** Neighbouring cells of one kind as one rectangle, lettered where there is room. */
function line(pattern: AttentionPattern, query: number): Html[] {
  const { length, cells } = pattern;
  const runs: Html[] = [];
  for (let key = 0; key < length; ) {
    const kind = kindAt(pattern, query * length + key);
    let end = key + 1;
    while (end < length && kindAt(pattern, query * length + end) === kind) end++;
    const [letter] = about[cells[query * length + key]!];
    const [x, y] = [EDGE + key * CELL, EDGE + query * CELL];
    if (kind !== 'masked')
      runs.push(
        html`<rect class="${kind}" x="${x}" y="${y}" width="${(end - key) * CELL}" height="${CELL}"/>${
          letter !== '' &&
          html`<text class="letter" x="${x + ((end - key) * CELL) / 2}" y="${y + CELL - 1}">${letter}</text>`
        }`,
      );
    key = end;
  }
  return runs;
}

function counts({ cells }: AttentionPattern): string {
  const of = (kind: PatternCell) => cells.filter((cell) => cell === kind).length;
  return (['attended', 'masked', 'leaked', 'nan', 'infinity'] as const)
    .map((kind) => `${count(of(kind))} ${{ nan: 'NaN', infinity: 'infinite' }[kind as string] ?? kind}`)
    .join(', ');
}

function figure(pattern: AttentionPattern): Html {
  const { length, tokens, layer, head, row } = pattern;
  const size = EDGE + length * CELL + 2;
  const pads = tokens.flatMap((token, at) => (token ? [] : [at]));
  const words = `Layer ${layer}, head ${head}, row ${row}: ${counts(pattern)}.`;
  return html`<p>${words}</p>
<div class="scroll" role="region" tabindex="0" aria-label="attention, query by key"><svg class="pattern" role="img" aria-label="${words}" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}"><text x="${EDGE}" y="12">key →</text><text x="0" y="${EDGE + 10}">query</text><rect class="masked frame" x="${EDGE}" y="${EDGE}" width="${length * CELL}" height="${length * CELL}"/>${pads.map(
    (at) =>
      html`<rect class="padding" x="${EDGE + at * CELL}" y="${EDGE - 8}" width="${CELL}" height="6"/><rect class="padding" x="${EDGE - 8}" y="${EDGE + at * CELL}" width="6" height="${CELL}"/>`,
  )}${Array.from({ length }, (_, query) => line(pattern, query))}</svg></div>
`;
}

const legend = html`<ul class="legend"><li><span class="swatch s1"></span><span class="swatch s4"></span> ${about.attended[1]}</li><li><span class="swatch masked"></span> ${about.masked[1]}</li><li><span class="swatch leaked">!</span> ${about.leaked[1]}</li><li><span class="swatch nan">N</span> NaN</li><li><span class="swatch infinity">I</span> infinity</li><li><span class="swatch padding"></span> padding</li></ul>
`;

const choice = (name: string, count: number, chosen = 0) =>
  html`<label>${name} <select name="${name}">${Array.from({ length: count }, (_, i) => html`<option${i === chosen && html` selected`}>${i}</option>`)}</select></label>
`;

type Head = Pick<AttentionPattern, 'layer' | 'head' | 'row'>;

/** The head in which the NaN is born; undefined where it is born elsewhere, or in a batch that the picture is not of. */
function headOfOrigin({ cascade }: LaneRecord): Head | undefined {
  const origin = cascade?.origin;
  if (origin?.batch !== 0) return undefined;
  const at = (name: string) => origin.coordinates?.[origin.coordinateNames?.indexOf(name) ?? -1];
  const [head, row] = [at('head'), at('batch')];
  // The one number in the path of its module is the layer.
  const layer = /[/.](\d+)[/.]/.exec(origin.key)?.[1];
  return head === undefined || row === undefined || layer === undefined
    ? undefined
    : { layer: Number(layer), head, row };
}

/** Offers the heads of the model. That of the origin is shown at once, any other when it is asked for. */
export function openPattern(
  place: HTMLElement,
  { config, policy, files, decided, lane }: PatternSubject,
): void {
  const there = roles.filter((role) => decided[role]);
  const born = headOfOrigin(lane);
  show(
    place,
    html`<h2 id="pattern-title">Attention of one head</h2>
${
  born &&
  html`<p>It opens at the head in which the NaN is born.</p>
`
}<form class="filters" aria-label="Which head"><label>lane <select name="lane">${there.map((role) => html`<option value="${role}">${role}: ${backendName(decided[role]!.label)}</option>`)}</select></label>
${choice('layer', lane.model.layers, born?.layer)}${choice('head', lane.model.heads, born?.head)}${choice('row', Math.min(config.batchSize, lane.data.rows), born?.row)}<button type="submit">Show</button></form>
${legend}<p class="doing" role="status"></p><div class="figure-place"></div>`,
  );
  const form = one<HTMLFormElement>('form', place);
  const say = (what: string) => {
    one('.doing', place).textContent = what;
  };
  const buttons = all<HTMLButtonElement>('button', form);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const chosen = new FormData(form);
    const number = (name: string) => Number(chosen.get(name));
    const decision = decided[chosen.get('lane') as Role]!;
    for (const button of buttons) button.disabled = true;
    say('running the first batch');
    try {
      const { headPattern } = await import('../run/head-pattern.ts');
      const which = { layer: number('layer'), head: number('head'), row: number('row') };
      show(
        one('.figure-place', place),
        figure(await headPattern({ config, policy, files, decision, ...which })),
      );
      say('');
    } catch (error) {
      say(errorLine(error));
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  });
  if (born) form.requestSubmit();
}

/** Where the first non-finite value was born, by which mechanism, how it spread, and what made values vanish. */
import type { CascadeRecord, ResultRecord } from '@nanscope/record';
import { coordinateWords, count, keyWords, perLane, positionWords } from '@nanscope/words';
import { fields, html, type Section, section } from '../../html/parts.ts';
import { launderedWords, partedKills, placeWords, spreadSteps } from '../terminal/origin.ts';

type Found = Pick<CascadeRecord, 'origin' | 'picture' | 'spread' | 'kills' | 'laundered'>;

function laneOrigin(found: Found, unit: 'batch' | 'step') {
  const { origin: born, picture, spread } = found;
  const { laundered, others } = partedKills(found);
  const what = born && positionWords(born, picture);
  const where = born && `${coordinateWords(born)}${what === undefined ? '' : `, ${what}`}`;
  const steps = spreadSteps(spread).map(
    (step) =>
      html`<li><strong>${step.layer}</strong>: ${placeWords(step)} <span class="dim">${step.why}</span></li>`,
  );
  return html`${fields([
    ['born at', born && html`<strong>◆ ${keyWords(born.key)}</strong>`],
    ['element', where],
    [unit, born && count(born.batch)],
    ['mechanism', born && html`<strong>${born.mechanism.name}</strong>: ${born.mechanism.evidence}`],
    ['key', born && html`<code>${born.key}</code>`],
    [
      'laundered',
      laundered.length > 0 &&
        html`${laundered.map((one) => html`<div><strong>${keyWords(one.key)}</strong>: ${launderedWords(one)}</div>`)}`,
    ],
    ['killed by', others.map(keyWords).join(', ')],
  ])}${
    steps.length > 0 &&
    html`<h3>Spread</h3>
<ol>${steps}</ol>
`
  }`;
}

export function origin(result: ResultRecord, unit: 'batch' | 'step'): Section[] {
  const found = perLane(result, ({ cascade }): Found | undefined => {
    if (cascade === undefined) return undefined;
    const { origin: born, picture, spread, kills, laundered } = cascade;
    return born === undefined && spread.length + kills.length === 0
      ? undefined
      : { origin: born, picture, spread, kills, laundered };
  });
  if (found.length === 0) return [];
  const parts = found.map(
    ({ who, value }) => html`<article><h3 class="role">${who}</h3>
${laneOrigin(value, unit)}</article>
`,
  );
  return [section('origin', 'Origin and spread', html`<div class="cards">${parts}</div>`)];
}

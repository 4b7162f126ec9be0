/** The report of a self-test: on each device the score of the detector by kind of fault, and what went wrong. */
import { backendName, type DetectorScore, type SelftestDevice, type SelftestRecord } from '@nanscope/record';
import { count, duration, percent } from '@nanscope/words';
import { badge, type Fields, html, type Section, section, table } from '../../html/parts.ts';

function scoreRow(
  name: string,
  { trials, seen, originRight, mechanismRight, setAside, killed }: DetectorScore,
) {
  const share = (value: number) =>
    html`<span class="cell ${value === trials ? 'note' : 'fail'}">${count(value)}</span>`;
  return {
    cells: [
      name,
      count(trials),
      share(seen),
      share(originRight),
      share(mechanismRight),
      count(killed),
      count(setAside),
    ],
  };
}

function scores(device: SelftestDevice) {
  const { name, groups, faults, seconds } = device;
  const rows = groups
    .filter(({ family }) => family !== 'clean')
    .map(({ name: group, ...score }) => scoreRow(group, score));
  return table(
    `${name}: trials by kind of fault, in ${duration(seconds)}; killed ones reach no result`,
    ['fault', 'trials', 'seen', 'placed', 'named', 'killed', 'set aside'],
    [...rows, scoreRow('all faults', faults)],
    { figures: [1, 2, 3, 4, 5, 6] },
  );
}

function wrongTable({ name, wrong, wrongCut }: SelftestDevice) {
  if (wrong.length === 0) return undefined;
  const rows = wrong.map(({ id, expected, found }) => ({
    cells: [
      html`<code>${id}</code>`,
      expected ? html`${expected.mechanisms.join(' or ')} at <code>${expected.key}</code>` : 'nothing',
      found ? html`${found.mechanism} at <code>${found.key}</code>: ${found.evidence}` : 'nothing',
    ],
  }));
  return html`${table(`${name}: trials that went wrong`, ['trial', 'expected', 'found'], rows)}${
    wrongCut > 0 && html`<p class="dim">and ${count(wrongCut)} more</p>`
  }`;
}

function deviceSection(device: SelftestDevice, index: number): Section {
  const { name, label, status, failure, meetsBar, injected, injectable, falseAlarms, groups, setAside } =
    device;
  const clean = groups.find(({ family }) => family === 'clean')?.trials ?? 0;
  return section(
    `device-${index + 1}`,
    name,
    html`<p>${badge(meetsBar ? 'pass' : 'fail', meetsBar ? 'meets the bar' : 'below the bar')} <span class="dim">${backendName(label)}</span></p>
`,
    status !== 'complete' &&
      html`<p>${badge('fail', failure === undefined ? status : `${status}: ${failure}`)}</p>`,
    html`<p>${count(injected)} of ${count(injectable)} faults injected; ${badge(falseAlarms === 0 ? 'pass' : 'fail', `${count(falseAlarms)} false alarms in ${count(clean)} clean runs`)}</p>
`,
    scores(device),
    wrongTable(device),
    setAside.length > 0 &&
      html`<details><summary>${count(setAside.length)} set aside, and why</summary><ul>${setAside.map(
        ({ id, why }) => html`<li>${id}: ${why}</li>`,
      )}</ul></details>
`,
  );
}

export const selftestSections = ({ devices }: SelftestRecord): Section[] => devices.map(deviceSection);

export const selftestFacts = ({ share, devices }: SelftestRecord): Fields => [
  ['share', share < 1 ? `${percent(share)} of the faults that could be injected` : 'every fault'],
  ...devices.map(({ name, label }) => [`device ${name}`, backendName(label)] as const),
];

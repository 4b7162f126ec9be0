/** The report of the claims: an overview, then each with what every device showed and why the verdict is what it is. */
import { backendName, type ClaimsRecord, type FindingRecord } from '@nanscope/record';
import { counted } from '@nanscope/words';
import { badge, type Fields, html, type Section, type Status, section, table } from '../../html/parts.ts';

const statuses: Readonly<Record<FindingRecord['verdict'], Status>> = {
  holds: 'pass',
  partly: 'warn',
  'does not hold': 'fail',
  'cannot be decided here': 'skip',
};

function finding({ number, claim, experiment, observed, verdict, because }: FindingRecord): Section {
  return section(
    `claim-${number}`,
    `Claim ${number}`,
    html`<blockquote>${claim}</blockquote>
<p>${badge(statuses[verdict], verdict)} ${because}</p>
<p class="dim">Experiment: ${experiment}.</p>
`,
    table(
      `Claim ${number}: what each device showed`,
      ['device', 'what it showed'],
      observed.map(({ device, text }) => ({ cells: [device, text] })),
    ),
  );
}

export function claimsSections({ findings }: ClaimsRecord): Section[] {
  const rows = findings.map(({ number, claim, verdict }) => ({
    cells: [html`<a href="#claim-${number}">${number}</a>`, claim, badge(statuses[verdict], verdict)],
  }));
  return [
    section('overview', 'The claims', table('Each claim and its verdict', ['', 'claim', 'verdict'], rows)),
    ...findings.map(finding),
  ];
}

export const claimsFacts = ({ devices }: ClaimsRecord): Fields =>
  devices.map(({ name, label, cells }) => [
    `device ${name}`,
    `${backendName(label)}, ${counted(cells, 'cell')}`,
  ]);

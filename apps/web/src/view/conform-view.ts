/** The conformance suite for attention on a device of this browser. */

import { backendName } from '@nanscope/record';
import { badge } from '@nanscope/report';
import { toConformConfig } from '@nanscope/settings';
import { conform } from '../run/conform.ts';
import { openForm, viewOf } from './command-form.ts';
import { html, one, show } from './dom.ts';
import type { OpenView } from './drop-zone.ts';
import { openLiveTable } from './live-table.ts';
import { showEnd } from './result.ts';

const statuses = { pass: 'pass', fail: 'fail', refused: 'skip' } as const;

const figure = (value: number) => (value === 0 ? '0' : value.toPrecision(3));

export const openConform: OpenView = (place, given, host) => {
  show(
    place,
    html`<section id="intro"><h1>Is the attention of your device right?</h1><p>Cases of a float64 oracle and relations that have to hold: each passes, fails, or is refused with the reason.</p></section><div class="form"></div><section id="live" aria-labelledby="live-title" hidden></section><div id="result" class="results"></div>`,
  );
  const result = one('#result', place);
  const form = openForm(one('.form', place), 'conform', given, host, async (running) => {
    const { values, command, signal, say } = running;
    place.classList.add('ran');
    show(result, '');
    const head = ['case', 'result', 'error', 'allowed', 'why'];
    const table = openLiveTable(one('#live', place), 'Cases as they are run', head);
    let [done, total] = [0, 0];
    const record = await conform(toConformConfig(values), command, {
      onStage: say,
      onDecision({ target }, cases) {
        total = cases;
        say(`running on ${backendName(target.label)}`);
      },
      onCase({ id, status, required, allowed, reason }) {
        table.progress(`${++done} of ${total} cases`, done, total);
        const told = badge(statuses[status], status);
        table.add([html`<code>${id}</code>`, told, figure(required), figure(allowed), reason ?? '']);
      },
      signal,
    });
    showEnd(result, record && { record }, signal.aborted);
  });
  return viewOf(form);
};

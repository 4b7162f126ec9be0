/** Both lanes while they run: what each is doing, how far it is, its metrics as they grow. */
import type { DecidedDevices, LaneEvent, Role } from '@nanscope/harness';
import type { LaneRecord } from '@nanscope/record';
import { fields } from '@nanscope/report';
import { html, one, show } from './dom.ts';

const figure = (value: number | string, digits = 4) =>
  typeof value === 'number' ? value.toPrecision(digits) : value;

const percent = (value: number | string) =>
  typeof value === 'number' ? `${(value * 100).toPrecision(4)} %` : value;

const rolesOf = (decided: DecidedDevices): Role[] =>
  decided.reference ? ['target', 'reference'] : ['target'];

/** The devices and why they were chosen, before anything has run. */
export function showLanes(root: HTMLElement, decided: DecidedDevices, batches: number): void {
  const lane = (role: Role) => {
    const { label, attention, rules, warnings } = decided[role]!;
    return html`<article id="lane-${role}" data-role="${role}"><h3>${role}</h3>
<p><strong>${label}</strong> <span class="dim">attention ${attention}</span></p>
<progress max="${batches}" value="0" aria-label="${role} lane, batches done"></progress>
<p class="pace"></p>
<p class="doing" role="status">waiting</p>
<div class="figures"></div>
${warnings.map((warning) => html`<p class="badge warn">▲ ${warning}</p>`)}
<details><summary>Why this device</summary><ul>${rules.map(({ rule, reason }) => html`<li><code>${rule}</code>: ${reason}</li>`)}</ul></details></article>
`;
  };
  show(root, html`<div class="cards">${rolesOf(decided).map(lane)}</div>`);
}

export function showLaneEvent(root: HTMLElement, role: Role, event: LaneEvent): void {
  const card = one(`#lane-${role}`, root);
  const doing = one('.doing', card);
  if (event.kind === 'loading') doing.textContent = event.what;
  if (event.kind === 'progress') {
    one<HTMLProgressElement>('progress', card).value = event.batches;
    // Not a status: nobody wants to hear every batch.
    one('.pace', card).textContent =
      `${event.batches} of ${event.total} batches, ${Math.round(event.tokensPerSecond)} tokens/s`;
    if (doing.textContent !== 'evaluating') doing.textContent = 'evaluating';
  }
  if (event.kind === 'ended') {
    const { status, failure } = event.outcome;
    doing.textContent =
      status === 'complete' || status === 'interrupted'
        ? { complete: 'complete', interrupted: 'stopped by you' }[status]
        : `${status}: ${failure ?? 'no reason known'}`;
    card.classList.add(status);
  }
}

export function showLaneRecord(root: HTMLElement, role: Role, { metrics, cascade }: LaneRecord): void {
  if (!metrics) return;
  const { nan, posInf, negInf } = metrics.nonFinite;
  show(
    one(`#lane-${role} .figures`, root),
    fields([
      ['loss', figure(metrics.loss, 7)],
      ['perplexity', figure(metrics.perplexity)],
      ['accuracy', percent(metrics.accuracy)],
      ['not finite', `${nan} NaN, ${posInf + negInf} infinite of ${metrics.tokens} labels`],
      ['born at', cascade?.origin?.key],
    ]),
  );
}

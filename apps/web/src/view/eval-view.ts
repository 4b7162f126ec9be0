/** The evaluation: settings, files, both devices while they run, the report of what they gave, and what can be done with it. */
import { type DecidedDevices, roles } from '@nanscope/harness';
import { backendName, type LaneRecord, type ResultRecord } from '@nanscope/record';
import { toEvalConfig } from '@nanscope/settings';
import { type Given, writeAddress } from '../configuration/address.ts';
import type { Dropped } from '../files/classify.ts';
import type { Run } from '../run/evaluate.ts';
import type { PageFiles } from '../worker/tasks.ts';
import { openForm, type Running, viewOf } from './command-form.ts';
import { all, html, one, show } from './dom.ts';
import { type OpenView, openDropZone, type Used } from './drop-zone.ts';
import { openExample } from './example.ts';
import { openYourGpu } from './gpu-words.ts';
import { showLaneEvent, showLaneRecord, showLanes } from './live-table.ts';
import { openPattern } from './pattern.ts';
import { showResult, showStopped } from './result.ts';

/** What is worth seeing first; each is run on the GPU where there is one. */
const examples: readonly (readonly [words: string, given: Given])[] = [
  ['PyTorch 2.8 on an Apple GPU', { policy: 'torch-mps-2.8' }],
  ['the same, padded on the right', { policy: 'torch-mps-2.8', 'padding-side': 'right' }],
  ['no causal mask', { policy: 'no-causal' }],
  ['the safe policy', {}],
];

const frame = html`<section id="intro"><h1>Is your NaN the GPU's fault?</h1>
<p>nanscope runs a small language model on your GPU and on your CPU, watches every kernel, and shows where a NaN is born, how it spreads, and which of the two to blame. In this browser; nothing is uploaded.</p>
<div id="your-gpu" role="status"></div>
<p class="examples"><span class="dim">Run one now:</span> ${examples.map(([words, given]) => html`<a href="${writeAddress('eval', given)}">${words}</a> `)}</p></section>
<div class="form"></div>
<section id="files" aria-label="Your files"></section>
<section id="lanes" aria-label="Progress" hidden><details open><summary><h2>Progress</h2></summary><div id="lane-cards"></div></details></section>
<div id="result" class="results"></div>
<section id="example" aria-labelledby="example-title" hidden></section>
`;

const again = html`<button type="button" id="again">Run again</button>`;
const save = html`<button type="button" id="save">Save the run folder (.zip)</button><span class="dim">It holds what the command line writes, for <code>nanscope compare</code> and <code>nanscope report</code>.</span>`;

const batchesOf = (lane: LaneRecord | undefined): number => lane?.metrics?.batches ?? 0;

/** `1 of 20 batches kept on wasm, 3 of 20 on javascript.` */
function keptWords(result: ResultRecord, decided: DecidedDevices | undefined, batches: number): string {
  const kept = roles.flatMap((role) => {
    const device = decided?.[role]?.label;
    return device === undefined
      ? []
      : [`${batchesOf(result[role])} of ${batches} batches kept on ${backendName(device)}`];
  });
  return kept.length === 0 ? 'Nothing had begun.' : `${kept.join(', ')}.`;
}

/** A run that chose its device itself and took no GPU: the verdict says so to those who wanted one. */
function withoutGpu(decided: DecidedDevices | undefined): string | undefined {
  const lanes = roles.flatMap((role) => decided?.[role] ?? []);
  const chosen = decided?.target.rules.find(({ rule }) => rule === 'auto');
  if (!chosen || lanes.some(({ adapter }) => adapter !== undefined)) return undefined;
  return `No GPU took part: ${chosen.reason.replace('--device gpu', 'device gpu')}.`;
}

export const openEvaluation: OpenView = (place, given, host) => {
  show(place, frame);
  const result = one('#result', place);
  const lanes = one('#lanes', place);
  let used: readonly Used[] = [];

  /** From the first run on, what introduces the page makes room for what came out. */
  const clear = () => {
    place.classList.add('ran');
    one('#example', place).hidden = true;
    show(one('#example', place), '');
    show(result, '');
    lanes.hidden = true;
    result.before(lanes);
  };

  const filesInUse = (): PageFiles => Object.fromEntries(used.map(({ kind, files }) => [kind, files]));

  const serve = (run: Run) => {
    result.querySelector('#again')?.addEventListener('click', () => form.run());
    result.querySelector('#save')?.addEventListener('click', async () => {
      const { saveRun } = await import('../files/save.ts');
      await saveRun(run.files).catch(form.refuse);
    });
  };

  const showPattern = ({ result: record, decided, config, policy }: Run, files: PageFiles) => {
    const lane = record.target ?? record.reference;
    if (!lane || !decided || !config || !policy) return;
    const section = document.createElement('section');
    section.id = 'pattern';
    section.setAttribute('aria-labelledby', 'pattern-title');
    const before = result.querySelector('#origin');
    if (before) before.after(section);
    else result.append(section);
    openPattern(section, { config, policy, files, decided, lane });
  };

  async function run({ values, command, signal, say }: Running): Promise<void> {
    const config = toEvalConfig(values);
    const cards = one('#lane-cards', place);
    const files = filesInUse();
    let total = 0;
    clear();
    const { evaluate } = await import('../run/evaluate.ts');
    const done = await evaluate(config, files, command, {
      signal,
      onStage: say,
      onDecision(decided, batches) {
        total = batches;
        lanes.hidden = false;
        one<HTMLDetailsElement>('details', lanes).open = true;
        showLanes(cards, decided, batches);
        cards.scrollIntoView({ block: 'nearest' });
        say('running');
      },
      onLane: (role, event) => showLaneEvent(cards, role, event),
      onRecord: (role, record) => showLaneRecord(cards, role, record),
    });
    const { result: record, decided } = done;
    one<HTMLDetailsElement>('details', lanes).open = false;
    result.after(lanes);
    if (!signal.aborted) showResult(result, { record }, { note: withoutGpu(decided), actions: save });
    else {
      const stopped = keptWords(record, decided, total);
      const kept = roles.some((role) => batchesOf(record[role]) > 0);
      if (kept) showResult(result, { record }, { stopped, actions: html`${again}${save}` });
      else showStopped(result, stopped, again);
    }
    serve(done);
    if (!signal.aborted) showPattern(done, files);
  }

  const form = openForm(one('.form', place), 'eval', given, host, run);

  async function take(dropped: Dropped): Promise<void> {
    const { kind, name } = dropped;
    if (kind === 'run') {
      form.say(`opening ${name}`);
      clear();
      const { openRun } = await import('../run/run-files.ts');
      showResult(result, await openRun(dropped.files), { about: `Opened: ${name}` });
      form.say(`opened ${name}`);
      return;
    }
    use([...used.filter((other) => other.kind !== kind), { ...dropped, kind }]);
    form.set(kind, name);
  }
  const zone = openDropZone(
    one('#files', place),
    take,
    (kind) => {
      use(used.filter((other) => other.kind !== kind));
      form.set(kind, undefined);
    },
    (thrown) => {
      form.say('');
      form.refuse(thrown);
    },
  );
  function use(now: readonly Used[]): void {
    used = now;
    zone.list(used);
  }

  all<HTMLAnchorElement>('.examples a', place).forEach((link, i) => {
    link.addEventListener('click', async (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (form.isRunning()) return form.say('running; cancel it to run another');
      const device = (await host.gpu) === undefined ? {} : { device: 'gpu' };
      const settings = { ...examples[i]![1], ...device };
      history.pushState(null, '', writeAddress('eval', settings));
      form.take(settings);
      form.run();
    });
  });
  void openYourGpu(one('#your-gpu', place), host.gpu);
  void openExample(one('#example', place), (example) => {
    clear();
    showResult(result, example, { about: 'The example that comes with this page' });
  });
  return viewOf(form);
};

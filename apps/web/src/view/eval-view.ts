/** The evaluation: settings, files, both lanes while they run, the report of what they gave, and what can be done with it. */
import { toEvalConfig } from '@nanscope/settings';
import type { Dropped } from '../files/classify.ts';
import type { Run } from '../run/evaluate.ts';
import type { PageFiles } from '../worker/tasks.ts';
import { openForm, type Running } from './command-form.ts';
import { html, one, show } from './dom.ts';
import { openDropZone } from './drop-zone.ts';
import { showLaneEvent, showLaneRecord, showLanes } from './lanes.ts';
import type { OpenView } from './open-view.ts';
import { openPattern } from './pattern.ts';
import { showResult } from './result.ts';

const frame = html`<section id="intro"><h1>Does your GPU keep NaN where the CPU does?</h1>
<p>A small trained language model is evaluated on two of your devices side by side, every kernel watched: where a NaN is born, how it spreads, and whether the devices agree.</p>
<p class="examples"><span class="dim">Try</span> <a href="?policy=torch-mps-2.8">the policy of PyTorch 2.8 on Apple GPUs</a> <a href="?policy=torch-mps-2.8&amp;padding-side=right">the same, padded right</a> <a href="?policy=seed-theory">without a causal mask</a> <a href="?">the safe policy</a></p></section>
<div class="place form"></div>
<section id="files" aria-label="Your files"></section>
<section id="lanes" aria-labelledby="lanes-title" hidden><h2 id="lanes-title">Lanes</h2><div id="lane-cards"></div></section>
<div id="result" class="results"></div>
<section id="keep" aria-label="What to do with the run" hidden><button type="button" id="save">Save the run folder (.zip)</button><p class="dim">It holds what the command line writes: unpack it for <code>nanscope compare</code> and <code>nanscope report</code>.</p></section>
<section id="pattern" aria-labelledby="pattern-title" hidden></section>
`;

const filesWords = (count: number): string => (count === 1 ? '1 file' : `${count} files`);

const offer = (files: PageFiles) =>
  [
    files.model && `model: ${filesWords(files.model.length)}`,
    files.data && `text: ${filesWords(files.data.length)}`,
  ]
    .filter(Boolean)
    .join('; ');

export const openEvaluation: OpenView = (place, given, gone) => {
  show(place, frame);
  const result = one('#result', place);
  let files: PageFiles = {};
  let finished: Run | undefined;

  const clear = () => {
    finished = undefined;
    show(result, '');
    for (const id of ['#keep', '#pattern', '#lanes']) one(id, place).hidden = true;
  };

  const afterwards = (run: Run) => {
    const { config, decided } = run;
    finished = run;
    one('#keep', place).hidden = run.result.target === undefined;
    const lane = run.result.target ?? run.result.reference;
    if (lane && decided && config) openPattern(one('#pattern', place), { config, files, decided, lane });
  };

  async function run({ values, command, signal, say }: Running): Promise<void> {
    const config = toEvalConfig(values);
    const cards = one('#lane-cards', place);
    clear();
    const { evaluate } = await import('../run/evaluate.ts');
    const done = await evaluate(config, files, command, {
      signal: AbortSignal.any([signal, gone]),
      onStage: say,
      onDecision(decided, batches) {
        one('#lanes', place).hidden = false;
        showLanes(cards, decided, batches);
        cards.scrollIntoView({ block: 'nearest' });
        say('running');
      },
      onLane: (role, event) => showLaneEvent(cards, role, event),
      onRecord: (role, record) => showLaneRecord(cards, role, record),
    });
    if (gone.aborted) return;
    showResult(result, { record: done.result });
    afterwards(done);
  }

  const form = openForm(one('.form', place), 'eval', given, run);

  async function take(dropped: Dropped): Promise<void> {
    if (dropped.kind === 'run') {
      form.say(`opening ${dropped.name}`);
      clear();
      const { openRun } = await import('../run/open-run.ts');
      showResult(result, await openRun(dropped.files));
      form.say(`opened ${dropped.name}`);
      return;
    }
    files = { ...files, [dropped.kind]: dropped.files };
    form.set(dropped.kind, dropped.name);
    zone.say(offer(files));
  }
  const zone = openDropZone(one('#files', place), gone, take, (thrown) => {
    form.say('');
    form.refuse(thrown);
  });

  one('#save', place).addEventListener('click', async () => {
    const { saveRun } = await import('../files/save.ts');
    if (finished) await saveRun(finished.files).catch(form.refuse);
  });
};

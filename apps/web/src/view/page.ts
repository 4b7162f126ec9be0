/** The page: its frame, and what happens when one chooses, runs, cancels. */
import { errorLine } from '@nanscope/errors';
import { pageFlags } from '../configuration/page-flags.ts';
import { type Address, commandOf, configOf, readAddress, writeAddress } from '../configuration/url.ts';
import type { PageFiles } from '../worker/tasks.ts';
import { html, one, show } from './dom.ts';
import { lockFields, readFields, showFields } from './form.ts';
import { showLaneEvent, showLaneRecord, showLanes } from './lanes.ts';
import { showResult } from './result.ts';
import { serveTheme } from './theme.ts';

const frame = html`<a class="skip" href="#setup">Skip to the settings</a>
<header><p class="name">nanscope</p><nav aria-label="What to do"><ul></ul></nav><button type="button" id="theme"></button></header>
<main>
<section id="intro"><h1>Does your GPU keep NaN where the CPU does?</h1>
<p>A small trained language model is evaluated on two of your devices side by side, every kernel watched: where a NaN is born, how it spreads, and whether the devices agree. Everything is computed here; nothing is uploaded.</p></section>
<section id="setup" aria-labelledby="setup-title"><h2 id="setup-title">Settings</h2>
<form><div id="fields"></div>
<p class="fault" role="alert" hidden></p>
<p class="command"><code id="command"></code></p>
<div class="actions"><button type="submit" class="primary" id="run">Run</button><button type="button" id="cancel" hidden>Cancel</button><span id="stage" role="status"></span></div></form></section>
<section id="lanes" aria-labelledby="lanes-title" hidden><h2 id="lanes-title">Lanes</h2><div id="lane-cards"></div></section>
<div id="result"></div>
</main>
<footer><p>nanscope ${NANSCOPE_VERSION}. This page asks nothing of any network once it has loaded.</p></footer>`;

export function openPage(): void {
  show(document.body, frame);
  serveTheme(one('#theme'));
  const form = one<HTMLFormElement>('form');
  const fields = one('#fields');
  const fault = one('.fault');
  const files: PageFiles = {};
  let address: Address = readAddress(location.search);

  const refuse = (thrown: unknown) => {
    fault.hidden = false;
    fault.textContent = errorLine(thrown);
  };
  const say = (what: string) => {
    one('#stage').textContent = what;
  };
  /** The command, the address, and what is wrong with them. */
  const judgeFields = () => {
    one('#command').textContent = commandOf(address.given);
    try {
      configOf(address.given);
      fault.hidden = true;
    } catch (error) {
      refuse(error);
    }
  };

  async function run(): Promise<void> {
    const stop = new AbortController();
    const cancel = one<HTMLButtonElement>('#cancel');
    const cards = one('#lane-cards');
    const abort = () => stop.abort();
    fault.hidden = true;
    show(one('#result'), '');
    try {
      const config = configOf(address.given);
      lockFields(form, true);
      cancel.hidden = cancel.disabled = false;
      cancel.addEventListener('click', abort);
      const { evaluate } = await import('../run/evaluate.ts');
      const { result } = await evaluate(config, files, commandOf(address.given), {
        signal: stop.signal,
        onStage: say,
        onDecision(decided, batches) {
          one('#lanes').hidden = false;
          showLanes(cards, decided, batches);
          say('running');
        },
        onLane: (role, event) => showLaneEvent(cards, role, event),
        onRecord: (role, record) => showLaneRecord(cards, role, record),
      });
      say('done');
      showResult(one('#result'), { record: result });
      one('#verdict-title').focus();
    } catch (error) {
      say('');
      refuse(error);
    } finally {
      cancel.removeEventListener('click', abort);
      lockFields(form, false);
      cancel.hidden = true;
    }
  }

  form.addEventListener('input', () => {
    address = { ...address, given: readFields(fields, pageFlags) };
    history.replaceState(null, '', writeAddress(address) || location.pathname);
    judgeFields();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });

  showFields(fields, pageFlags, address.given);
  judgeFields();
}

/** The settings of a command with what belongs to them: the equal command line, the address, what is wrong, run and cancel. */
import type { FlagValues } from '@nanscope/settings';
import { commandLineOf, type Given, valuesOf, writeAddress } from '../configuration/address.ts';
import { type CommandName, commands, type PageCommand } from '../configuration/commands.ts';
import { html, one, show } from './dom.ts';
import type { Host, View } from './drop-zone.ts';
import { openFault } from './fault.ts';
import { labelChoices, lockFields, readFields, showFields } from './form.ts';

export interface Running {
  readonly values: FlagValues;
  /** The equal command line. */
  readonly command: string;
  /** Set when the visitor stops it. */
  readonly signal: AbortSignal;
  /** What is being done, in a word or two. */
  readonly say: (what: string) => void;
}

export interface CommandForm {
  /** Every setting, where it is not the default. */
  given(): Given;
  /** Takes these settings instead. */
  take(given: Given): void;
  /** Changes one setting; undefined is its default. */
  set(name: string, value: string | undefined): void;
  /** Says what is wrong; the page goes on working. */
  refuse(thrown: unknown): void;
  say(what: string): void;
  /** As the button does. */
  run(): void;
  isRunning(): boolean;
}

const frame = html`<section id="setup" aria-label="Settings"><form>
<details id="settings" open><summary><h2>Settings</h2></summary><div id="fields"></div></details>
<p class="command"><code id="command"></code><button type="button" id="copy">Copy</button></p>
<p class="fault" role="alert" hidden></p>
<div class="actions"><button type="submit" class="primary" id="run">Run</button><button type="button" id="cancel" hidden>Cancel</button><span id="stage" role="status"></span></div></form></section>
`;

async function copy(button: HTMLElement, text: string): Promise<void> {
  await navigator.clipboard?.writeText(text).then(
    () => {
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1500);
    },
    () => getSelection()?.selectAllChildren(one('#command')),
  );
}

/** @param run rejects with the sentence to show */
export function openForm(
  place: HTMLElement,
  name: CommandName,
  asked: Given | undefined,
  host: Host,
  run: (running: Running) => Promise<void>,
): CommandForm {
  const page: PageCommand = commands[name];
  show(place, frame);
  const form = one<HTMLFormElement>('form', place);
  const fields = one('#fields', place);
  const settings = one<HTMLDetailsElement>('#settings', place);
  const [start, cancel] = [one<HTMLButtonElement>('#run', place), one<HTMLButtonElement>('#cancel', place)];
  let given: Given = asked ?? page.given;
  let stop: AbortController | undefined;

  const say = (what: string) => {
    one('#stage', place).textContent = what;
  };
  const take = (wanted: Given) => {
    given = Object.fromEntries(
      page.flags.flatMap(({ name: flag }) => (wanted[flag] === undefined ? [] : [[flag, wanted[flag]]])),
    );
    showFields(fields, page, given);
    void host.gpu.then((gpu) => labelChoices(fields, 'gpu', gpu ? `gpu: ${gpu}` : 'gpu: none found here'));
    changed();
  };
  const set = (flag: string, value: string | undefined) => {
    const { [flag]: _, ...others } = given;
    take(value === undefined ? others : { ...others, [flag]: value });
  };
  const fault = openFault(form, page.flags, set);
  function changed(): void {
    if (place.isConnected) history.replaceState(null, '', writeAddress(name, given));
    one('#command', place).textContent = commandLineOf(name, given);
    try {
      valuesOf(name, given);
      fault.clear();
    } catch (error) {
      fault.say(error, false);
    }
  }

  async function begin(): Promise<void> {
    stop = new AbortController();
    try {
      const values = valuesOf(name, given);
      fault.clear();
      host.running(true);
      lockFields(fields, true);
      start.disabled = true;
      cancel.hidden = false;
      settings.open = false;
      say('starting');
      await run({ values, command: commandLineOf(name, given), signal: stop.signal, say });
      say(stop.signal.aborted ? 'stopped' : 'done');
    } catch (error) {
      say('');
      lockFields(fields, false);
      settings.open = true;
      fault.say(error, true);
    } finally {
      host.running(false);
      lockFields(fields, false);
      start.disabled = false;
      cancel.hidden = true;
      stop = undefined;
    }
  }

  take(given);
  fields.addEventListener('input', () => {
    given = readFields(fields, page);
    changed();
  });
  cancel.addEventListener('click', () => stop?.abort());
  const button = one('#copy', place);
  button.addEventListener('click', () => void copy(button, commandLineOf(name, given)));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!stop) void begin();
  });
  return {
    given: () => given,
    take,
    set,
    refuse: (thrown) => fault.say(thrown, true),
    say,
    run: () => form.requestSubmit(),
    isRunning: () => stop !== undefined,
  };
}

/** A view that is a form and what it runs. */
export const viewOf = ({ given, take, isRunning }: CommandForm): View => ({
  given,
  take: (settings) => {
    if (!isRunning()) take(settings);
  },
});

/** The settings of a command with what belongs to them: the equal command line, the address, what is wrong, run and cancel. */
import { errorLine } from '@nanscope/errors';
import type { FlagValues } from '@nanscope/settings';
import { commandLineOf, type Given, valuesOf, writeAddress } from '../configuration/address.ts';
import { type CommandName, commands } from '../configuration/commands.ts';
import { html, one, show } from './dom.ts';
import { lockFields, readFields, setField, showFields } from './form.ts';

export interface Running {
  readonly values: FlagValues;
  /** The equal command line. */
  readonly command: string;
  readonly signal: AbortSignal;
  /** What is being done, in a word or two. */
  readonly say: (what: string) => void;
}

export interface CommandForm {
  /** Says what is wrong; the page goes on working. */
  refuse(thrown: unknown): void;
  /** As if it had been typed. */
  set(name: string, value: string): void;
  say(what: string): void;
}

const frame = html`<section id="setup" aria-labelledby="setup-title"><h2 id="setup-title">Settings</h2>
<form><div id="fields"></div>
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

/** @param run rejects with what is to be said */
export function openForm(
  place: HTMLElement,
  name: CommandName,
  asked: Given | undefined,
  run: (running: Running) => Promise<void>,
): CommandForm {
  const { flags, first, given: preset } = commands[name];
  show(place, frame);
  const form = one<HTMLFormElement>('form', place);
  const fields = one('#fields', place);
  const fault = one('.fault', place);
  const cancel = one<HTMLButtonElement>('#cancel', place);
  let given: Given = asked ?? preset;
  let stop: AbortController | undefined;

  const refuse = (thrown: unknown) => {
    fault.hidden = false;
    fault.textContent = errorLine(thrown);
  };
  const say = (what: string) => {
    one('#stage', place).textContent = what;
  };
  const judge = () => {
    one('#command', place).textContent = commandLineOf(name, given);
    try {
      valuesOf(name, given);
      fault.hidden = true;
    } catch (error) {
      refuse(error);
    }
  };
  const changed = () => {
    given = readFields(fields, flags);
    history.replaceState(null, '', writeAddress(name, given));
    judge();
  };

  async function start(): Promise<void> {
    fault.hidden = true;
    stop = new AbortController();
    try {
      const values = valuesOf(name, given);
      lockFields(form, true);
      cancel.hidden = cancel.disabled = false;
      say('starting');
      await run({ values, command: commandLineOf(name, given), signal: stop.signal, say });
      say(stop.signal.aborted ? 'cancelled' : 'done');
    } catch (error) {
      say('');
      refuse(error);
    } finally {
      lockFields(form, false);
      cancel.hidden = true;
      stop = undefined;
    }
  }

  showFields(fields, flags, first, given);
  judge();
  fields.addEventListener('input', changed);
  cancel.addEventListener('click', () => stop?.abort());
  const button = one('#copy', place);
  button.addEventListener('click', () => void copy(button, commandLineOf(name, given)));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!stop) void start();
  });
  return {
    refuse,
    say,
    set(flag, value) {
      setField(fields, flag, value);
      changed();
    },
  };
}

/** What is wrong, said at the field that it is about: marked, in sight, with the values that would be right as buttons. */
import { errorLine, UserError } from '@nanscope/errors';
import type { Flag } from '@nanscope/settings';
import { all, html, one, show } from './dom.ts';
import { fieldNamed } from './form.ts';

/** More are no help. */
const MOST_VALUES = 12;

/** Settings that an error is about which names none. */
const settingOf: Readonly<Partial<Record<string, string>>> = {
  'data/field-missing': 'text-field',
  'data/field-type': 'text-field',
};

/** The setting that an error is about: most begin with its flag. */
function settingIn(thrown: unknown): string | undefined {
  if (!(thrown instanceof UserError)) return undefined;
  return settingOf[thrown.code] ?? /^--([a-z-]+)/.exec(thrown.message)?.[1];
}

function valuesFor(thrown: unknown, flag: Flag | undefined): readonly string[] {
  if (thrown instanceof UserError && thrown.values) return thrown.values;
  return flag?.kind === 'choice' ? flag.choices : [];
}

const inputOf = (form: HTMLElement, name: string): HTMLElement | null | undefined =>
  fieldNamed(form, name)?.querySelector<HTMLElement>('input, select');

export interface Fault {
  /** @param focus moves there as well, for who did not just leave the field */
  say(thrown: unknown, focus: boolean): void;
  clear(): void;
}

/**
 * @param form holds the fields, and a `.fault` which is for what is about none of them
 * @param choose takes a value that was pressed
 */
export function openFault(
  form: HTMLElement,
  flags: readonly Flag[],
  choose: (name: string, value: string) => void,
): Fault {
  const fault = one('.fault', form);
  const home = fault.parentElement!;
  const after = fault.nextElementSibling;
  const offered = document.createElement('p');
  offered.className = 'values';
  fault.id = 'fault';

  const clear = () => {
    fault.hidden = true;
    offered.remove();
    if (fault.parentElement !== home) home.insertBefore(fault, after);
    for (const input of all('[aria-invalid]', form)) {
      input.removeAttribute('aria-invalid');
      input.removeAttribute('aria-errormessage');
    }
  };

  return {
    clear,
    say(thrown, focus) {
      clear();
      fault.textContent = errorLine(thrown);
      fault.hidden = false;
      const name = settingIn(thrown);
      const field = name === undefined ? undefined : fieldNamed(form, name);
      if (name === undefined || !field) return;
      const input = one('input, select', field);
      input.setAttribute('aria-invalid', 'true');
      input.setAttribute('aria-errormessage', fault.id);
      field.append(fault);
      const values = valuesFor(
        thrown,
        flags.find((flag) => flag.name === name),
      );
      if (values.length > 0) {
        show(
          offered,
          html`${values.slice(0, MOST_VALUES).map((value) => html`<button type="button">${value}</button>`)}`,
        );
        for (const button of all('button', offered))
          button.addEventListener('click', () => {
            choose(name, button.textContent ?? '');
            inputOf(form, name)?.focus();
          });
        field.append(offered);
      }
      for (let fold = field.closest('details'); fold; fold = fold.parentElement?.closest('details') ?? null)
        fold.open = true;
      if (focus) input.focus();
    },
  };
}

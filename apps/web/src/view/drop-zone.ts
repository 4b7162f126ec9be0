/** Where a model folder, a text or a finished run is dropped or chosen, and what of it is in use. The whole page takes a drop. */

import type { Given } from '../configuration/address.ts';
import { classify, type Dropped, filesOfDrop, filesOfField } from '../files/classify.ts';
import type { PageFile } from '../worker/tasks.ts';
import { all, html, one, show } from './dom.ts';

const frame = html`<p><strong>Your own model, text or run:</strong> drop a Hugging Face folder, a text file, or a saved run here, or choose it. It is read in place, never uploaded.</p>
<div class="actions"><label class="button">Choose files<input type="file" multiple></label><label class="button">Choose a folder<input type="file" webkitdirectory></label><ul class="chosen" aria-label="In use"></ul></div>
`;

/** What was dropped and is used in the run. */
export type Used = Dropped & { readonly kind: 'model' | 'data' };

const nouns = { model: 'model', data: 'text' } as const;

interface DropZone {
  /** Names what is in use, each with a button that takes it back. */
  list(used: readonly Used[]): void;
}

/**
 * @param take may throw; what it throws is handed to `refuse`
 * @param remove takes back what was dropped
 */
export function openDropZone(
  place: HTMLElement,
  take: (dropped: Dropped) => Promise<void>,
  remove: (kind: Used['kind']) => void,
  refuse: (thrown: unknown) => void,
): DropZone {
  show(place, frame);
  const chosen = one('.chosen', place);
  const accept = async (files: PageFile[] | Promise<PageFile[]>) => {
    try {
      await take(classify(await files));
    } catch (error) {
      refuse(error);
    }
  };
  for (const field of all<HTMLInputElement>('input', place)) {
    field.addEventListener('change', () => {
      const files = filesOfField(field);
      field.value = '';
      if (files.length > 0) void accept(files);
    });
  }
  addEventListener('dragover', (event) => {
    if (!place.isConnected) return; // Another view is in sight.
    event.preventDefault();
    place.classList.add('over');
  });
  addEventListener('dragleave', () => place.classList.remove('over'));
  addEventListener('drop', (event) => {
    if (!place.isConnected) return;
    event.preventDefault();
    place.classList.remove('over');
    if (event.dataTransfer) void accept(filesOfDrop(event.dataTransfer));
  });
  return {
    list(used) {
      show(
        chosen,
        html`${used.map(
          ({ kind, name, files }) =>
            html`<li>${nouns[kind]}: <strong>${name}</strong> <span class="dim">${files.length === 1 ? '1 file' : `${files.length} files`}</span> <button type="button" data-kind="${kind}" aria-label="Take back the ${nouns[kind]} ${name}">Take back</button></li>`,
        )}`,
      );
      for (const { kind } of used)
        one(`[data-kind="${kind}"]`, chosen).addEventListener('click', () => remove(kind));
    },
  };
}

// What a view of the page is, and what the page is to it.

export interface Host {
  /** The name of the GPU that this browser offers; undefined where it offers none. */
  readonly gpu: Promise<string | undefined>;
  /** Marks the view while something runs in it, also when another view is in sight. */
  running(on: boolean): void;
}

/** A view that is open. It goes on with what it does while another is in sight. */
export interface View {
  given(): Given;
  /** Takes settings from the address; while something runs, those of the run stay. */
  take(given: Given): void;
}

/** Puts itself into the place. */
export type OpenView = (place: HTMLElement, given: Given | undefined, host: Host) => View;

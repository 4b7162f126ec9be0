/** Where a model folder, a text or a finished run is dropped or chosen. The whole page takes a drop. */
import { classify, type Dropped } from '../files/classify.ts';
import { filesOfDrop, filesOfField } from '../files/collect.ts';
import type { PageFile } from '../worker/tasks.ts';
import { all, html, one, show } from './dom.ts';

const frame = html`<p><strong>Your own model, text or run:</strong> drop a Hugging Face folder, a text file, or a saved run here, or choose it. It is read in place, never uploaded.</p>
<div class="actions"><label class="button">Choose files<input type="file" multiple></label><label class="button">Choose a folder<input type="file" webkitdirectory></label><span class="chosen" role="status"></span></div>
`;

export interface DropZone {
  /** What was taken, in words. */
  say(what: string): void;
}

/** @param take may throw; what it throws is handed to `refuse` */
export function openDropZone(
  place: HTMLElement,
  gone: AbortSignal,
  take: (dropped: Dropped) => Promise<void>,
  refuse: (thrown: unknown) => void,
): DropZone {
  show(place, frame);
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
  addEventListener(
    'dragover',
    (event) => {
      event.preventDefault();
      place.classList.add('over');
    },
    { signal: gone },
  );
  addEventListener('dragleave', () => place.classList.remove('over'), { signal: gone });
  addEventListener(
    'drop',
    (event) => {
      event.preventDefault();
      place.classList.remove('over');
      if (event.dataTransfer) void accept(filesOfDrop(event.dataTransfer));
    },
    { signal: gone },
  );
  return {
    say: (what) => {
      one('.chosen', place).textContent = what;
    },
  };
}

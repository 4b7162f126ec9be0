/** A finished run as a zip that `nanscope compare` and `nanscope report` read once it is unpacked. */
import type { RunFiles } from '../run/run-files.ts';
import { startWorker } from '../run/start-worker.ts';

/** `nanscope-2026-01-31T12-00-00` */
const folderName = (now: Date) => `nanscope-${now.toISOString().slice(0, 19).replaceAll(':', '-')}`;

export async function saveRun(files: RunFiles): Promise<void> {
  const folder = folderName(new Date());
  const inside = new Map([...files.all()].map(([path, text]) => [`${folder}/${path}`, text]));
  const { answer, outcome } = await startWorker('pack', { files: inside });
  if (!answer) throw new Error(outcome.failure);
  const url = URL.createObjectURL(new Blob([answer], { type: 'application/zip' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${folder}.zip`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

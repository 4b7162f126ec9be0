/** A worker of this page, started with one of its tasks; how it is spoken to is the transport's business. */
import { runWorker, type WorkerEnd, type WorkerOptions } from '@nanscope/lane';
import workerUrl from '../worker/main.ts?worker&url';
import type { TaskMessage, TaskName, Tasks } from '../worker/tasks.ts';

/** From a blob, which inherits the page's policy; a worker that is loaded from a file is bound by that file's headers alone. */
function newWorker(): Worker {
  const url = new URL(workerUrl, location.href).href;
  const blob = new Blob([`import ${JSON.stringify(url)};`], { type: 'text/javascript' });
  const source = URL.createObjectURL(blob);
  const worker = new Worker(source, { type: 'module', name: 'nanscope' });
  // The worker has fetched the blob by the time it says its first word.
  worker.addEventListener('message', () => URL.revokeObjectURL(source), { once: true });
  return worker;
}

/** Never rejects. */
export const startWorker = <Name extends TaskName>(
  task: Name,
  given: Tasks[Name]['given'],
  options?: WorkerOptions<TaskMessage>,
): Promise<WorkerEnd<Tasks[Name]['answer']>> => runWorker(newWorker, { task, given }, options);

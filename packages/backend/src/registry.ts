/** The door to the one piece of global state TensorFlow.js forces on us: which backend is active. */
import * as tf from '@tensorflow/tfjs';

/** The plain JavaScript backend greets its first user with a banner, also when another backend is in use. */
function silenceBanner(): void {
  const cpu = tf.findBackend('cpu') as { firstUse?: boolean } | null;
  if (cpu) cpu.firstUse = false;
}

/** Makes `name` the active tfjs backend. Throws a plain `Error` when tfjs can not initialise it. */
export async function activate(name: string): Promise<void> {
  silenceBanner();
  if (!(await tf.setBackend(name)))
    throw new Error(`TensorFlow.js could not initialise its backend "${name}".`);
  await tf.ready();
}

/**
 * Lets go of the backend. The registration stays for `cpu`, `wasm` and `tensorflow`, whose memory is a part of
 * the process; tensors on it are the caller's to dispose.
 */
export async function release(name: string): Promise<void> {
  if (tf.getBackend() === name && name !== 'cpu') await tf.setBackend('cpu');
}

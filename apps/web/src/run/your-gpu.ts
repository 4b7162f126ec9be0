/** The doctor's questions put to the GPU of this browser, in workers, before anybody asks. */
import { adapterName } from '@nanscope/device';
import { probing } from './devices.ts';
import { type Answers, askNumbers } from './survey.ts';

export type YourGpu =
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'answered'; readonly name: string; readonly answers: Answers };

/** Why there is no WebGPU at all, as far as a page can tell. */
function noWebGpu(): string | undefined {
  if ('gpu' in navigator) return undefined;
  return isSecureContext
    ? 'This browser does not offer WebGPU'
    : 'A browser offers WebGPU only to a page that came over https or from this machine';
}

export async function askYourGpu(): Promise<YourGpu> {
  const without = noWebGpu();
  if (without !== undefined) return { kind: 'absent', reason: without };
  const probe = await probing(undefined).backend('webgpu');
  if (!probe.available) return { kind: 'absent', reason: probe.reason };
  const answers = await askNumbers(probe.facts);
  const { adapter } = probe.facts;
  return { kind: 'answered', name: adapter ? adapterName(adapter) : 'unnamed', answers };
}

/** Whether the command line has a device on this machine. */
import { run, type workspace } from './cli.ts';

/** Why a device is not here, in the last line of the command; empty where it is. Two are everywhere. */
export async function missingDevice(
  device: string,
  { at, text }: Pick<ReturnType<typeof workspace>, 'at' | 'text'>,
): Promise<string> {
  if (device === 'javascript' || device === 'wasm') return '';
  const { code, stderr } = await run([
    ...['eval', '--device', device, '--reference', 'none', '--data', text, '--limit', '1'],
    ...['--model', 'tiny', '--out', at(`probe-${device}`)],
  ]);
  return code === 3 ? ` (skipped: ${stderr.trim().split('\n').at(-1)})` : '';
}

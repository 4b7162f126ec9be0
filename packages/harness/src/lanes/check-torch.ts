/** What lanes of PyTorch cannot do, refused before they start. */
import { UserError } from '@nanscope/errors';
import { isModelPreset } from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';
import type { DecidedDevices } from '../devices/decision.ts';

export const hasTorch = ({ target, reference }: DecidedDevices): boolean =>
  target.torch !== undefined || reference?.torch !== undefined;

export const bothTorch = ({ target, reference }: DecidedDevices): boolean =>
  target.torch !== undefined && reference?.torch !== undefined;

/** @throws {UserError} `usage/torch` for flags without an effect, or without one on a lane of PyTorch */
export function checkTorch(config: EvalConfig, decided: DecidedDevices): void {
  const refuse = (found: string, why: string) => new UserError('usage/torch', `${found}: ${why}`);
  if (!hasTorch(decided)) {
    const flags = {
      'mask-form': config.maskForm,
      python: config.python,
      'reference-python': config.referencePython,
      'trust-remote-code': config.trustRemoteCode,
    };
    const given = Object.entries(flags).find(([, value]) => value !== undefined && value !== false);
    if (given)
      throw refuse(
        `--${given[0]}`,
        'expected a torch device to go with it, found none. Choose one with --device torch:cpu, or leave it out.',
      );
    return;
  }
  if (config.referencePython !== undefined && decided.reference?.torch === undefined)
    throw refuse('--reference-python', 'expected a torch device as --reference, found none. Leave it out.');
  if (isModelPreset(config.model))
    throw refuse(
      `--model ${config.model}`,
      'expected a folder in Hugging Face layout, org/name or prose, found a preset of random weights. PyTorch draws others.',
    );
  if (config.traceFilter !== undefined)
    throw refuse(
      '--trace-filter',
      'expected no filter beside a torch device, which counts all taps or none.',
    );
}

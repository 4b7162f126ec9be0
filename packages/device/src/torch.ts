/** PyTorch in a Python: from what that found to a decision. Pure. */
import { UserError } from '@nanscope/errors';
import type { TorchProbe } from '@nanscope/record';
import type { Decision, DeviceRequest } from './request.ts';

/** A Python that was asked, and why it was this one. */
export interface FoundTorch {
  readonly python: string;
  /** `--python names it`. */
  readonly reason: string;
  readonly probe: TorchProbe;
}

/** The oldest versions that the lane runs with. */
const least = { torch: '2.4', transformers: '4.46' } as const;

type Package = keyof typeof least;

const parts = (version: string): number[] => version.split(/[.+]/).slice(0, 2).map(Number);

/** Whether a version is at least another, by its first two numbers. */
function atLeast(version: string, other: string): boolean {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [parts(version), parts(other)];
  return a > c || (a === c && b >= d);
}

const install = (python: string) =>
  `Type: ${python} -m pip install 'torch>=${least.torch}' 'transformers>=${least.transformers}' safetensors numpy`;

const absent = { torch: 'torch/no-torch', transformers: 'torch/no-transformers' } as const;

/** @throws {UserError} `torch/no-torch`, `torch/no-transformers`, `torch/version` (exit 3) */
function versionOf(name: Package, request: string, { python, reason, probe }: FoundTorch): string {
  const version = probe[name];
  const wanted = `${request} looks for ${name} ${least[name]} or later in ${python} (${reason})`;
  if (version === null) {
    const why = typeof probe.missing === 'string' ? `: ${probe.missing}` : '';
    throw new UserError(
      absent[name],
      `${wanted}, and it is not there${why}. Found: Python ${probe.python}. ${install(python)}, or name another with --python.`,
    );
  }
  if (atLeast(version, least[name])) return version;
  throw new UserError(
    'torch/version',
    `${wanted}, and found ${version}. ${install(python)}, or name another with --python.`,
  );
}

/** The device that a name stands for, as PyTorch names it: `best` takes the first of cuda, mps, cpu that is there. */
function deviceOf(
  request: string,
  name: string,
  { python, probe }: FoundTorch,
): TorchProbe['devices'][number] {
  const here = probe.devices.filter(({ available }) => available);
  const wanted = name === 'torch' ? '' : name.slice('torch:'.length);
  const found =
    wanted === ''
      ? ['cuda:0', 'mps', 'cpu'].flatMap((one) => here.filter((device) => device.name === one))[0]
      : here.find((device) => device.name === (wanted === 'cuda' ? 'cuda:0' : wanted));
  if (found) return found;
  const kind = wanted.split(':')[0];
  const why = probe.devices.find((device) => !device.available && device.name === kind)?.reason;
  const have = here.map((device) => `torch:${device.name}`).join(', ');
  throw new UserError(
    'torch/no-device',
    `${request} looks for ${wanted} in PyTorch ${probe.torch} of ${python}, and it is not there${why ? `: ${why}` : ''}. Found: ${have}. Use one of these, or another Python with --python.`,
  );
}

/**
 * @param flag as typed, for messages: `--device`
 * @param attention settled: PyTorch is not probed for one that is right, it shows what it does
 * @throws {UserError} `torch/*` (exit 3)
 */
export function resolveTorch(
  { device: name, attention }: Pick<DeviceRequest, 'device' | 'attention'>,
  flag: string,
  found: FoundTorch,
): Decision {
  const request = `${flag} ${name}`;
  const torch = versionOf('torch', request, found);
  const transformers = versionOf('transformers', request, found);
  const device = deviceOf(request, name, found);
  const { python, reason, probe } = found;
  return {
    requested: name,
    backend: `torch-${device.name.split(':')[0]}`,
    software: false,
    attention: attention === 'auto' ? 'sdpa' : attention,
    rules: [
      {
        rule: 'python',
        reason: `${python}: ${reason}; Python ${probe.python}, torch ${torch}, transformers ${transformers}`,
      },
      {
        rule: 'torch-device',
        reason: name === 'torch' ? `${device.name} is the best of its devices` : `${request} names it`,
      },
      attention === 'auto'
        ? { rule: 'attention-default', reason: "sdpa is the model's own default in transformers" }
        : { rule: 'attention-explicit', reason: `attention is ${attention} by request` },
      { rule: 'no-policy', reason: 'PyTorch has its own masking; a policy is for the device beside it' },
    ],
    warnings: [],
    label: `torch ${torch} · ${device.name}`,
    torch: { python, device: device.name },
  };
}

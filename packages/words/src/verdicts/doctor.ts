/** The two sentences of the doctor's verdict. Nothing is decided here. */
import { backendName, type DoctorBackend, type DoctorTorch, type DoctorVerdict } from '@nanscope/record';

type Decided = Pick<DoctorVerdict, 'code' | 'exitCode'>;

const named = ({ id, adapter }: DoctorBackend): string =>
  adapter?.software ? `${id} (a software adapter)` : backendName(id);

const listed = (backends: readonly DoctorBackend[]): string => backends.map(named).join(', ');

/** @param failing the backends that open and do not pass their self-test */
export function wordDoctor(
  { code, exitCode }: Decided,
  backends: readonly DoctorBackend[],
  failing: readonly DoctorBackend[],
): DoctorVerdict {
  const here = backends.filter(({ status }) => status !== 'absent');
  const absent = backends.filter(({ status }) => status === 'absent');
  const rest = absent.length > 0 ? ` Not here: ${listed(absent)}.` : '';
  const [opens, open] = [
    ['opens and passes its', 'opens and does not pass its'],
    ['open and pass their', 'open and do not pass their'],
  ].map(([good, bad]) => ({ good, bad }));
  const verb = (some: readonly DoctorBackend[]) => (some.length === 1 ? opens! : open!);
  const words: Record<DoctorVerdict['code'], readonly [sentence: string, next: string]> = {
    interrupted: [`Interrupted.${rest}`, 'Run it again.'],
    healthy: [`${listed(here)} ${verb(here).good} self-test.${rest}`, ''],
    'self-test-failed': [
      here.length === 0
        ? `No backend opens.${rest}`
        : `${listed(failing)} ${verb(failing).bad} self-test.${rest}`,
      'Paste this block into an issue, or run the whole suite on the device with nanscope conform.',
    ],
  };
  const [sentence, next] = words[code];
  return { code, exitCode, sentence, next };
}

/** The verdict on a device of PyTorch that was asked for alone. */
export function wordTorch(
  { code, exitCode }: Decided,
  { device = 'torch', probe, conform }: DoctorTorch,
): DoctorVerdict {
  if (code === 'healthy')
    return {
      ...{ code, exitCode },
      sentence: `${device} answers${conform ? `. ${conform.sentence}` : ' every question as expected.'}`,
      next: conform
        ? ''
        : 'nanscope doctor --conform with the same device runs the cases of known bug reports on its attention.',
    };
  const wrong = probe?.probes.filter(({ passed }) => !passed) ?? [];
  const parts = [
    ...(wrong.length > 0 ? [`does not pass ${wrong.map(({ name }) => name).join(', ')}`] : []),
    ...(conform && !conform.passed ? [`fails cases of its attention: ${conform.sentence}`] : []),
  ];
  return {
    ...{ code, exitCode },
    sentence: `${device} ${parts.join('; ')}`,
    next: 'Paste this block into an issue, with the version of macOS if it is a Mac.',
  };
}

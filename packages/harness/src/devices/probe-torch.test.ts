import { describe, expect, it } from 'vitest';
import { findPython } from './probe-torch.ts';

const find = (
  environment: Record<string, string>,
  here: readonly string[],
  given: { flag: string; path: string | undefined }[] = [],
  platform = 'linux',
) => findPython('--device torch', given, { environment, platform, exists: (path) => here.includes(path) });

const all = {
  NANSCOPE_PYTHON: '/own/python',
  VIRTUAL_ENV: '/venv',
  CONDA_PREFIX: '/conda',
  PATH: '/bin:/usr/bin',
};
const here = ['/flag/python', '/own/python', '/venv/bin/python', '/conda/bin/python', '/usr/bin/python3'];

describe('findPython', () => {
  it('takes the flag, then NANSCOPE_PYTHON, then an active environment, then the PATH', () => {
    const flag = [{ flag: '--python', path: '/flag/python' }];
    expect(find(all, here, flag)).toEqual({ path: '/flag/python', reason: '--python names it' });
    const left: Record<string, string> = { ...all };
    const order = ['NANSCOPE_PYTHON', 'VIRTUAL_ENV', 'CONDA_PREFIX'];
    const found = order.map((name) => {
      const { path } = find(left, here);
      delete left[name];
      return path;
    });
    expect(found).toEqual(['/own/python', '/venv/bin/python', '/conda/bin/python']);
    expect(find(left, here)).toEqual({ path: '/usr/bin/python3', reason: 'the first python3 on the PATH' });
  });

  it('a named one that is not there is refused, and nothing else is taken in its place', () => {
    const flag = [{ flag: '--reference-python', path: '/no/python' }];
    expect(() => find(all, here, flag)).toThrow(
      '--device torch looks for a Python at /no/python (--reference-python), and there is none.',
    );
    expect(() => find({ ...all, NANSCOPE_PYTHON: '/no' }, here)).toThrow('(NANSCOPE_PYTHON)');
  });

  it('a name without a folder is looked for on the PATH', () => {
    expect(find(all, ['/usr/bin/python3.12'], [{ flag: '--python', path: 'python3.12' }]).path).toBe(
      '/usr/bin/python3.12',
    );
  });

  it('says where it looked when there is none', () => {
    expect(() => find({ PATH: '/bin' }, [])).toThrow(/VIRTUAL_ENV and CONDA_PREFIX name none/);
  });
});

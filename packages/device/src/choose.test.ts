import { UserError } from '@nanscope/errors';
import { describe, expect, it } from 'vitest';
import { checkDeviceName, checkPlatform } from './choose.ts';
import { deviceNames, deviceRow } from './table.ts';

const refusal = (look: () => unknown): UserError | undefined => {
  try {
    look();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  return undefined;
};

describe('checkDeviceName', () => {
  it.each(deviceNames)('%s is a device', (name) => {
    expect(checkDeviceName(name, '--device')?.name).toBe(name);
  });

  it.each([
    ['cuda', 'gpu'],
    ['cuda:1', 'gpu'],
    ['GPU', 'lower case: gpu.'],
    ['vulcan', 'mean vulkan?'],
    ['js', 'javascript'],
    ['DirectX', 'd3d12'],
  ])('%s is refused with a hint to %s', (name, hint) => {
    const error = refusal(() => checkDeviceName(name, '--reference'));
    expect(error).toMatchObject({ code: 'device/unknown', exitCode: 2 });
    const [said] = error!.message.split(' Expected one of ');
    expect(said).toContain(`--reference ${name} is not a device. `);
    expect(said).toContain(hint);
  });

  it('takes names beside the table where there are any, and offers them', () => {
    expect(checkDeviceName('mirror', '--device', ['mirror'])).toBeUndefined();
    expect(refusal(() => checkDeviceName('miror', '--device', ['mirror']))?.message).toContain(
      'mean mirror?',
    );
    expect(refusal(() => checkDeviceName('toString', '--device'))?.exitCode).toBe(2);
  });
});

describe('checkPlatform', () => {
  it.each([
    ['metal', 'linux', 'a Mac'],
    ['mps', 'win32', 'a Mac'],
    ['d3d12', 'darwin', 'Windows'],
  ])('%s is refused on %s at once: only %s has it', (name, platform, system) => {
    const error = refusal(() => checkPlatform(deviceRow(name)!, '--device', platform));
    expect(error).toMatchObject({ code: 'device/not-found', exitCode: 3 });
    expect(error?.message).toContain(`Run this on ${system}`);
  });

  it.each([
    ['metal', 'darwin'],
    ['vulkan', 'linux'],
    ['gpu', 'linux'],
    ['wasm', 'win32'],
  ])('%s may be there on %s', (name, platform) => {
    expect(refusal(() => checkPlatform(deviceRow(name)!, '--device', platform))).toBeUndefined();
  });
});

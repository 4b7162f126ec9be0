import { expect, it } from 'vitest';
import { isNativeNoise } from './native-noise.ts';

it.each([
  'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
  'I0000 00:00:1795420243.460501   10120 port.cc:153] oneDNN custom operations are on.',
  'Warning: maxDynamicUniformBuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit dynamic offset allocation limit.',
  'error: XDG_RUNTIME_DIR not set in the environment.',
])('hides %s', (line) => expect(isNativeNoise(line)).toBe(true));

it.each(['Error: out of memory', 'Warning: something else', 'I saw port.cc', ''])('shows "%s"', (line) =>
  expect(isNativeNoise(line)).toBe(false),
);

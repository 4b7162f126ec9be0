import { describe, expect, it } from 'vitest';
import { targetLane } from '../../fixtures/lane.ts';
import { machineWords } from './devices.ts';

const onNode = (node: string) => {
  const lane = targetLane();
  return machineWords({ ...lane, environment: { ...lane.environment, node } });
};

describe('the machine of a lane', () => {
  it('names its Node, and of a page the browser alone', () => {
    expect(onNode('v20.20.2')).toContain(', Node 20.20.2, ');
    expect(onNode('none (Chromium 156)')).toContain(', Chromium 156, ');
    expect(onNode('none (Chromium 156)')).not.toContain('Node');
  });
});

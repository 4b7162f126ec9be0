/**
 * The `cpu` backend: plain JavaScript, slow, the readable reference. It is a part of `@tensorflow/tfjs`, so it
 * is always there. What it does differently from the others is in `corrections.ts`.
 */
import * as tf from '@tensorflow/tfjs';
import type { Backend, BackendFacts } from '../backend.ts';
import { correct } from '../corrections/correction.ts';
import { activate, release } from '../registry.ts';
import { corrections } from './corrections.ts';

const facts: BackendFacts = {
  id: 'cpu',
  version: `@tensorflow/tfjs ${tf.version.tfjs}`,
  capabilities: { gpu: false, shaderF16: false, subgroups: false, strictNumerics: true },
};

export const cpu: Backend = {
  id: 'cpu',
  probe: async () => ({ id: 'cpu', available: true, facts }),
  open: async () => {
    await activate('cpu');
    return { id: 'cpu', tfjsName: 'cpu', facts, notes: correct(corrections), dispose: () => release('cpu') };
  },
};

/** Looks at one backend. */
import type { Probe } from '@nanscope/backend';
import { backendOf } from './backends.ts';

export const probe = ({ id }: { readonly id: string }): Promise<Probe> => backendOf(id).probe();

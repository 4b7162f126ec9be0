/** The built page for tests, with the patience that it takes: a page is several workers, and a machine may be busy with other tests. */
import { vi } from 'vitest';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

export * from './built-page.ts';

/** TensorBoard event files: scalars out, and back in. */
export type { ScalarEvent } from './event.ts';
export { type EventWriter, type EventWriterOptions, openEventWriter, readEvents } from './record.ts';

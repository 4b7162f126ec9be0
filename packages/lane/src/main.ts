/** Entry point of every process that nanscope starts: its first message names what it runs (`runners.ts`), and with which task. */
import { runners } from './runners.ts';
import { serve } from './transport/serve.ts';

serve(runners);

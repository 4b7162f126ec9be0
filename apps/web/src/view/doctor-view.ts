/** What this browser offers, as text to paste into a report. */
import { errorLine } from '@nanscope/errors';
import { html, one, show } from './dom.ts';
import type { OpenView } from './drop-zone.ts';

export const openDoctor: OpenView = (place) => {
  show(
    place,
    html`<section id="intro"><h1>What this browser can do</h1><p>Browser, adapter with its features and limits, backends, whether attention is right on each, and what it makes of NaN, infinities and subnormal numbers: to paste into a report.</p></section>
<section aria-label="Diagnosis"><div class="actions"><button type="button" class="primary" id="run">Look again</button><button type="button" id="copy" hidden>Copy</button><span id="stage" role="status"></span></div><div id="survey"><pre></pre><pre class="table" tabindex="0" role="region" aria-label="Answers about numbers" hidden></pre></div></section>`,
  );
  const text = one('#survey', place);
  const [lines, table] = [one('pre', text), one('pre.table', text)];
  const [run, copy] = [one<HTMLButtonElement>('#run', place), one<HTMLButtonElement>('#copy', place)];
  const say = (what: string) => {
    one('#stage', place).textContent = what;
  };
  async function look(): Promise<void> {
    run.disabled = true;
    try {
      const { survey } = await import('../run/survey.ts');
      const found = await survey(say);
      lines.textContent = found.text;
      table.textContent = found.table;
      table.hidden = false;
      copy.hidden = false;
      say('');
    } catch (error) {
      say(errorLine(error));
    } finally {
      run.disabled = false;
    }
  }
  run.addEventListener('click', () => void look());
  copy.addEventListener('click', async () => {
    await navigator.clipboard?.writeText(text.textContent ?? '').then(
      () => say('copied'),
      () => getSelection()?.selectAllChildren(text),
    );
  });
  void look();
  return { given: () => ({}), take: () => {} };
};

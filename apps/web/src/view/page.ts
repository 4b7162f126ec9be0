/** The page: its frame and its views, one for each command; a view is loaded when it is asked for. */
import { readAddress, writeAddress } from '../configuration/address.ts';
import { type CommandName, commandNames, commands } from '../configuration/commands.ts';
import { all, html, one, show } from './dom.ts';
import { openEvaluation } from './eval-view.ts';
import type { OpenView } from './open-view.ts';
import { serveTheme } from './theme.ts';

const views: Readonly<Record<CommandName, () => Promise<OpenView> | OpenView>> = {
  eval: () => openEvaluation,
  claims: async () => (await import('./claims-view.ts')).openClaims,
  matrix: async () => (await import('./matrix-view.ts')).openMatrix,
  conform: async () => (await import('./conform-view.ts')).openConform,
  doctor: async () => (await import('./doctor-view.ts')).openDoctor,
};

const frame = html`<a class="skip" href="#view">Skip to the settings</a>
<header><p class="name">nanscope</p><nav aria-label="What to do"><ul>${commandNames.map(
  (name) =>
    html`<li><a href="${writeAddress(name, {})}" data-command="${name}">${commands[name].title}</a></li>`,
)}</ul></nav><button type="button" id="theme"></button></header>
<main id="view" tabindex="-1"></main>
<footer><p>nanscope ${NANSCOPE_VERSION}. Everything is computed here; nothing is uploaded, and no request leaves this page once it has loaded.</p></footer>`;

export function openPage(): void {
  show(document.body, frame);
  serveTheme(one('#theme'));
  let leaving: AbortController | undefined;

  async function open(): Promise<void> {
    leaving?.abort();
    const gone = new AbortController();
    leaving = gone;
    const { command, given } = readAddress(location.search);
    for (const link of all('header nav a'))
      if (link.dataset.command === command) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    const place = document.createElement('div');
    place.className = 'view';
    const view = await views[command]();
    if (gone.signal.aborted) return;
    one('#view').replaceChildren(place);
    view(place, given, gone.signal);
  }

  one('header nav').addEventListener('click', (event) => {
    const link = (event.target as Element).closest('a');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, '', link.getAttribute('href'));
    void open().then(() => one('#view').focus({ preventScroll: true }));
  });
  addEventListener('popstate', () => void open());
  void open();
}

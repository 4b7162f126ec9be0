/** The page: its frame and its views, one for each command. A view is loaded when it is asked for, and kept: what runs in it goes on while another is in sight. */
import { type Given, readAddress, writeAddress } from '../configuration/address.ts';
import { type CommandName, commandNames, commands } from '../configuration/commands.ts';
import { gpuName } from '../run/survey.ts';
import { all, html, one, show, whenIdle } from './dom.ts';
import type { OpenView, View } from './drop-zone.ts';
import { openEvaluation } from './eval-view.ts';
import { serveTheme } from './theme.ts';

const views: Readonly<Record<CommandName, () => Promise<OpenView> | OpenView>> = {
  eval: () => openEvaluation,
  claims: async () => (await import('./experiment-view.ts')).openClaims,
  matrix: async () => (await import('./experiment-view.ts')).openMatrix,
  conform: async () => (await import('./conform-view.ts')).openConform,
  doctor: async () => (await import('./doctor-view.ts')).openDoctor,
};

const source = NANSCOPE_SOURCE !== '' && html` <a href="${NANSCOPE_SOURCE}">Documentation and source</a>.`;

const frame = html`<a class="skip" href="#view">Skip to the settings</a>
<header><p class="name">nanscope</p><nav aria-label="What to do"><ul>${commandNames.map(
  (name) =>
    html`<li><a href="${writeAddress(name, {})}" data-command="${name}" data-title="${commands[name].title}">${commands[name].title}</a></li>`,
)}</ul></nav><button type="button" id="theme"></button></header>
<main id="view" tabindex="-1"></main>
<footer><p>nanscope ${NANSCOPE_VERSION}. Everything is computed here. Nothing is uploaded, and no other host is asked for anything. <span id="offline" role="status"></span>${source}</p></footer>`;

interface Opened {
  readonly place: HTMLElement;
  readonly view: View;
}

const same = (a: Given, b: Given): boolean => {
  const [own, other] = [Object.entries(a), Object.entries(b)];
  return own.length === other.length && own.every(([name, value]) => b[name] === value);
};

export function openPage(): void {
  show(document.body, frame);
  serveTheme(one('#theme'));
  const gpu = gpuName();
  const opened = new Map<CommandName, Opened>();
  const linkOf = (name: CommandName) => one(`header nav a[data-command="${name}"]`);
  let wanted: CommandName = 'eval';

  async function viewOf(command: CommandName, given: Given | undefined): Promise<Opened> {
    const known = opened.get(command);
    if (known) return known;
    const open = await views[command]();
    const place = document.createElement('div');
    place.className = 'view';
    // In place before it opens, for what it does to the address.
    if (wanted === command) one('#view').replaceChildren(place);
    const running = (on: boolean) => {
      const link = linkOf(command);
      link.classList.toggle('running', on);
      link.setAttribute('aria-label', `${commands[command].title}${on ? ', running' : ''}`);
    };
    const made = { place, view: open(place, given, { gpu, running }) };
    opened.set(command, made);
    return made;
  }

  /** Shows what the address says. */
  async function open(): Promise<void> {
    const { command, given, ignored } = readAddress(location.search);
    wanted = command;
    for (const link of all('header nav a'))
      if (link.dataset.command === command) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    const { place, view } = await viewOf(command, given);
    if (wanted !== command) return;
    const settings = given ?? commands[command].given;
    if (!place.isConnected) one('#view').replaceChildren(place);
    if (!same(view.given(), settings)) view.take(settings);
    document.querySelector('#ignored')?.remove();
    if (ignored.length > 0) {
      const note = document.createElement('p');
      note.id = 'ignored';
      note.setAttribute('role', 'status');
      note.textContent = ignored.join(' ');
      place.before(note);
    }
  }

  one('header nav').addEventListener('click', (event) => {
    const link = (event.target as Element).closest('a');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const name = commandNames.find((command) => command === link.dataset.command)!;
    const known = opened.get(name);
    history.pushState(null, '', known ? writeAddress(name, known.view.given()) : link.getAttribute('href'));
    void open().then(() => one('#view').focus({ preventScroll: true }));
  });
  addEventListener('popstate', () => void open());
  void open();
  void whenIdle().then(async () => {
    const { keepForOffline } = await import('../run/offline.ts');
    show(one('#offline'), await keepForOffline());
  });
}

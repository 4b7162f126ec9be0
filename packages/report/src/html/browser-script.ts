/**
 * The script of the report: theme, copying, the panel of the cascade, the slider, filters. It only moves and hides what is
 * there already, writes text by `textContent` alone, and asks nothing of any network. Kept as text, since it is
 * embedded as it stands; the test in a browser is what checks it.
 */
export const browserScript = `'use strict';
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const one = (selector, inside = document) => inside.querySelector(selector);

// Theme: what the system says, until the button is pressed.
const themeButton = one('#theme');
const systemDark = matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (document.documentElement.dataset.theme ?? (systemDark.matches ? 'dark' : 'light')) === 'dark';
const nameTheme = () => { themeButton.textContent = isDark() ? 'Light theme' : 'Dark theme'; };
themeButton.hidden = false;
themeButton.addEventListener('click', () => {
  document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
  nameTheme();
});
systemDark.addEventListener('change', nameTheme);
nameTheme();

// A button beside every command that copies it, or selects it where the clipboard is refused.
for (const line of all('.command')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', 'Copy the command');
  button.addEventListener('click', async () => {
    const code = one('code', line);
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    } catch {
      getSelection().selectAllChildren(code);
    }
  });
  line.append(button);
}

// The cascade: one stop of the tab key, arrows inside, the panel tells of the op under the pointer or the focus.
for (const graph of all('.graph')) {
  const ops = all('.op', graph);
  const panel = graph.parentElement.querySelector('.inspector');
  let current = ops.find((op) => op.querySelector('.mark')) ?? ops[0];
  const tell = (op) => {
    for (const other of ops) other.classList.toggle('told', other === op);
    panel.textContent = op.dataset.say;
    panel.classList.add('told');
  };
  const stop = (op) => {
    current.tabIndex = -1;
    current = op;
    current.tabIndex = 0;
  };
  panel.textContent = panel.dataset.empty;
  for (const op of ops) {
    op.tabIndex = op === current ? 0 : -1;
    op.addEventListener('mouseenter', () => tell(op));
    op.addEventListener('focus', () => { stop(op); tell(op); });
  }
  graph.addEventListener('keydown', (event) => {
    const at = ops.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: ops.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    ops[Math.max(0, Math.min(ops.length - 1, to))].focus();
  });
}

// The slider: what is written after the chosen op fades, the op is marked in the strip and in the graph, and it is said
// what it did and, where it ends a layer, what the layer holds. An op that is pressed in the graph moves the slider there.
for (const frame of all('.slider')) {
  const input = one('input', frame);
  const output = one('output', frame);
  const section = frame.closest('section');
  const steps = all('.op-words > li', section);
  const columns = all('.op-column', section);
  const nodes = all('.graph .op');
  const show = () => {
    const chosen = Number(input.value);
    const ended = all('.layer-words > li', section).filter((item) => Number(item.dataset.written) === chosen);
    for (const line of all('.layer-line', section)) {
      line.classList.toggle('later', Number(line.dataset.written) > chosen);
      line.classList.toggle('now', Number(line.dataset.written) === chosen);
    }
    columns.forEach((column, i) => {
      column.classList.toggle('later', i > chosen);
      column.classList.toggle('now', i === chosen);
    });
    const view = columns[chosen].closest('.scroll');
    view.scrollLeft = columns[chosen].getBBox().x - view.clientWidth / 2;
    const words = [steps[chosen], ...ended].map((item) => item.textContent);
    output.textContent = [...new Set(words)].join('\\n');
    input.setAttribute('aria-valuetext', (chosen + 1) + ' of ' + steps.length + ', ' + steps[chosen].textContent.split(':')[0]);
  };
  const mark = () => nodes.forEach((node, i) => node.classList.toggle('now', i === Number(input.value)));
  frame.hidden = false;
  input.addEventListener('input', () => { show(); mark(); });
  nodes.forEach((node, i) => node.addEventListener('click', () => { input.value = i; show(); mark(); }));
  show();
}

// A button in each row of the cells, which shows the command of that cell below the table.
for (const frame of all('.picked')) {
  const code = one('code', frame);
  const placeholder = code.textContent;
  for (const row of all('tbody tr', document.getElementById(frame.dataset.table))) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'pick';
    button.textContent = '$';
    button.title = 'The command of this cell, below the table';
    button.setAttribute('aria-label', 'Show the command of this cell');
    button.addEventListener('click', () => {
      code.textContent = placeholder.replace('ID', () => "'" + row.dataset.id.replaceAll("'", "'\\''") + "'");
      frame.scrollIntoView({ block: 'nearest' });
    });
    row.firstElementChild.prepend(button);
  }
}

// Filters: a row stays where each chosen value is its own, and what was typed is a part of its value.
for (const form of all('.filters')) {
  const rows = all('tbody tr', document.getElementById(form.dataset.table));
  const output = one('output', form);
  const apply = () => {
    const fields = all('select, input', form).filter((field) => field.value !== '');
    const fits = (row) => fields.every((field) => {
      const own = row.getAttribute('data-' + field.name) ?? '';
      return field.type === 'search' ? own.toLowerCase().includes(field.value.toLowerCase()) : own === field.value;
    });
    let shown = 0;
    for (const row of rows) {
      row.hidden = !fits(row);
      if (!row.hidden) shown++;
    }
    output.textContent = shown + ' of ' + rows.length + ' ' + form.dataset.noun;
  };
  form.hidden = false;
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(apply));
  apply();
}

// Paper shows everything that is folded.
addEventListener('beforeprint', () => { for (const folded of all('details')) folded.open = true; });
`;

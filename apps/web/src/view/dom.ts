/** Markup into the page, and elements out of it. All markup is made by the report's `html`, which escapes. */
import { type Html, html } from '@nanscope/report';

export type { Html };
export { html };

export function one<E extends Element = HTMLElement>(selector: string, inside: ParentNode = document): E {
  const found = inside.querySelector<E>(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return found;
}

export const all = <E extends Element = HTMLElement>(
  selector: string,
  inside: ParentNode = document,
): E[] => [...inside.querySelectorAll<E>(selector)];

export function show(element: Element, content: Html | string): void {
  if (typeof content === 'string') element.textContent = content;
  else element.innerHTML = content.text;
}

/** Once the page has nothing better to do. */
export const whenIdle = (): Promise<void> =>
  new Promise((resolve) => {
    // Safari has none.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: 3000 });
    else setTimeout(resolve, 500);
  });

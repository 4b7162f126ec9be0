/** The report's own script over a part of this page: what it does for a document (arrows in the cascade, sliders, filters, copying), it does here for the sections that were just put in. */
import serve from 'virtual:report-script';

/** The document, as if it held nothing but `root`. */
function documentOf(root: HTMLElement): Document {
  const themeButton = document.createElement('button'); // The page has its own; the script wants one.
  const own: Record<string, unknown> = {
    querySelector: (selector: string) => (selector === '#theme' ? themeButton : root.querySelector(selector)),
    querySelectorAll: (selector: string) => root.querySelectorAll(selector),
    getElementById: (id: string) => root.querySelector(`#${CSS.escape(id)}`),
  };
  return new Proxy(document, {
    get(target, name) {
      if (typeof name === 'string' && name in own) return own[name];
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export const serveFigures = (root: HTMLElement): void => serve(documentOf(root), () => {});

/** Text in Markdown. */

/** Text that Markdown and the HTML in it leave alone, on one line. */
export function plain(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_{}[\]()#+!|~@]/g, '\\$&')
    .replace(/:\/\//g, ':&#47;&#47;');
}

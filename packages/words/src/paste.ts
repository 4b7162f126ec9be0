/** Text that is to be pasted elsewhere: into Markdown, into a command line. */

// Text in Markdown.

/** Text that Markdown and the HTML in it leave alone, on one line. */
export function plain(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_{}[\]()#+!|~@]/g, '\\$&')
    .replace(/:\/\//g, ':&#47;&#47;');
}

// A word of a command line that is to be typed again.

/** As a POSIX shell reads it: what is safe stays as it is, everything else is quoted. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

// The command of a run cut down to one of its cases, to be pasted. Text only.

/** Flags that choose cases or say where the result goes: of one case they are not wanted. */
const dropped =
  /\s--(?:filter|shard|reporter|out|json|bail)(?:(?:=|\s+)(?:'[^']*'|"[^"]*"|(?!-)\S+))?(?=\s|$)/g;

/** @example oneCaseCommand('nanscope conform --bail --device wasm', 'oracle:x;pads=1') // "nanscope conform --device wasm --filter 'oracle:x;pads=1'" */
export const oneCaseCommand = (command: string, id: string): string =>
  `${command.replace(dropped, '')} --filter ${shellWord(id)}`;

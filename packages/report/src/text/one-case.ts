/** The command of a run cut down to one of its cases, to be pasted. Text only. */
import { shellWord } from './shell-word.ts';

/** Flags that choose cases or say where the result goes: of one case they are not wanted. */
const dropped =
  /\s--(?:filter|shard|reporter|out|json|bail)(?:(?:=|\s+)(?:'[^']*'|"[^"]*"|(?!-)\S+))?(?=\s|$)/g;

/** @example oneCaseCommand('nanscope conform --bail --device wasm', 'oracle:x;pads=1') // "nanscope conform --device wasm --filter 'oracle:x;pads=1'" */
export const oneCaseCommand = (command: string, id: string): string =>
  `${command.replace(dropped, '')} --filter ${shellWord(id)}`;

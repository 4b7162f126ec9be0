/** `nanscope completion SHELL`: a script that lets a shell complete commands, flags and their values. */
import { nearest, UserError } from '@nanscope/errors';
import type { Command } from '../command.ts';

/** Each asks `nanscope --complete` with the words so far; where that has no answer, the shell completes file names. */
const scripts = {
  bash: `_nanscope() {
  local words
  IFS=' ' read -ra words <<<"\${COMP_LINE:0:COMP_POINT}"
  [[ "\${COMP_LINE:COMP_POINT-1:1}" == ' ' ]] && words+=('')
  local IFS=$'\\n' last="\${words[\${#words[@]}-1]}"
  COMPREPLY=($(nanscope --complete "\${words[@]:1}" 2>/dev/null))
  [[ "$last" == *=* ]] && COMPREPLY=("\${COMPREPLY[@]#*=}")
}
complete -o default -o bashdefault -F _nanscope nanscope
`,
  zsh: `#compdef nanscope
_nanscope() {
  local -a found
  found=("\${(@f)$(nanscope --complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
compdef _nanscope nanscope
`,
  fish: `function __nanscope
  set -l words (commandline -opc) (commandline -ct)
  nanscope --complete $words[2..-1] 2>/dev/null
end
complete -c nanscope -a '(__nanscope)'
`,
} as const;

type Shell = keyof typeof scripts;
const shells = Object.keys(scripts);
const isShell = (name: string | undefined): name is Shell => name !== undefined && name in scripts;

export const completionCommand: Command = {
  name: 'completion',
  describe: 'print a script that completes commands, flags and values in your shell: bash, zsh or fish',
  positionals: ['SHELL'],
  choices: shells,
  flags: [],
  examples: [
    ['source <(nanscope completion bash)', 'in ~/.bashrc'],
    ['source <(nanscope completion zsh)', 'in ~/.zshrc, after compinit'],
    ['nanscope completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  docs: 'getting-started.md',
  async run({ positionals: [shell] }) {
    if (!isShell(shell)) {
      const near = nearest(shell ?? '', shells);
      throw new UserError(
        'usage/bad-value',
        `completion: expected one of ${shells.join(', ')}, found "${shell}".${near ? ` Did you mean ${near}?` : ''}`,
      );
    }
    process.stdout.write(scripts[shell]);
    return 0;
  },
};

/** The command of a cell over several lines, such that what is copied from a terminal still runs. */

/** Breaks before a flag, behind a backslash, and inside the filter after a `;`, where white space means nothing. */
export function commandLines(command: string, width: number): string[] {
  const filter = command.lastIndexOf('--filter');
  const pieces = [
    ...command.slice(0, filter).split(/(?<= )(?=--)/),
    ...command.slice(filter).split(/(?<=;)/),
  ];
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    // Two columns are kept for a backslash.
    if (last !== undefined && last.length + piece.length <= width - 2) lines[lines.length - 1] = last + piece;
    else lines.push(piece);
  }
  return lines.map((line) => (line.endsWith(' ') && line !== lines.at(-1) ? `${line}\\` : line));
}

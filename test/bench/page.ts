/** A table in a page, between two comments that name the command which printed it. */

const end = '<!-- end -->';
const begin = (command: string) => `<!-- ${command} -->`;

/** The page with this command's table in its place; a command that is not in the page yet is refused. */
export function withSection(page: string, command: string, table: string): string {
  const from = page.indexOf(begin(command));
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) {
    throw new Error(
      `The page has no place for this table. Put these two lines into it:\n${begin(command)}\n${end}`,
    );
  }
  return `${page.slice(0, from)}${begin(command)}\n\`\`\`sh\n${command}\n\`\`\`\n\n${table.trim()}\n${page.slice(to)}`;
}

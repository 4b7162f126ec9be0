/** Git LFS leaves a short text where a large file was not fetched. Told by its first line, whatever the file's name. */
export const isGitLfsPointer = (text: string): boolean =>
  text.startsWith('version https://git-lfs.github.com/spec/');

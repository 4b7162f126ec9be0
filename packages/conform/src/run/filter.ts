/** Which cases are meant: by a part of the id, or by the whole id with `*` and `?`. */

export function idFilter(pattern: string | undefined): (id: string) => boolean {
  if (pattern === undefined) return () => true;
  if (!/[*?]/.test(pattern)) return (id) => id.includes(pattern);
  const parts = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const whole = new RegExp(`^${parts}$`, 's');
  return (id) => whole.test(id);
}

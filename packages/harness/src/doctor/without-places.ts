/** A record as it may be pasted in public: no folder of the user's, and so no name of theirs, in any of its strings. */

export interface Places {
  readonly home: string;
  readonly folder: string;
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A folder as a whole: what follows ends its last name. Empty and root folders are no place of anybody's. */
const place = (folder: string): RegExp | undefined =>
  folder.length > 1 ? new RegExp(`${literally(folder)}(?![\\w.-])`, 'g') : undefined;

/** Homes of others, in messages of programs that were built elsewhere. */
const homes = /(\/home|\/Users|[A-Za-z]:\\Users)([/\\])[^/\\\s:"']+/g;

function withoutPlacesIn(text: string, { home, folder }: Places): string {
  const [ofFolder, ofHome] = [place(folder), place(home)];
  let shown = text;
  if (ofFolder) shown = shown.replace(ofFolder, '.');
  if (ofHome) shown = shown.replace(ofHome, '~');
  return shown.replace(homes, '~');
}

/** The same of every string in a record. */
export function withoutPlaces<T>(value: T, places: Places): T {
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') return withoutPlacesIn(item, places);
    if (Array.isArray(item)) return item.map(walk);
    if (item !== null && typeof item === 'object')
      return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, walk(inner)]));
    return item;
  };
  return walk(value) as T;
}

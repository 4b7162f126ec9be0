/**
 * The source of the generated corpus: an automaton whose states emit pieces of text with fixed odds. Every line walks
 * from `line` to the full stop and never returns to a state, so a line has a longest length; lines are independent.
 * Within a state no piece begins another, so the text alone tells the walk: all its uncertainty is in the odds.
 */

export interface Choice {
  readonly text: string;
  /** Odds against the other choices of the state, a whole number. */
  readonly weight: number;
  /** State that follows; undefined ends the line. */
  readonly next?: StateName;
}

/** `3 word` for each word; a word without a number has weight 1. */
function words(list: string, next: StateName, prefix = ' '): Choice[] {
  return list.split(', ').map((entry) => {
    const [, weight, word] = /^(?:(\d+) )?(.+)$/.exec(entry)!;
    return { text: prefix + word, weight: Number(weight ?? 1), next };
  });
}

const adjectives = '5 old, 4 big, 3 red, 3 shy, 2 tall, 2 grey, 2 kind, 2 wet, 1 lazy, 1 quick';
const people = '5 cook, 4 king, 3 girl, 3 poet, 2 nurse, 2 farmer, 1 judge';
const animals = '5 fox, 4 dog, 3 horse, 3 mouse, 2 owl, 2 wolf, 1 toad';
const things = '5 boat, 4 lamp, 3 coin, 3 jug, 2 map, 2 violin, 1 easel';

/** Each state's choices. Nouns lead to verbs of their kind: that much a model has to remember from word to word. */
export const grammar = {
  line: words('6 The, 4 A, 3 One, 2 My, 2 Your, 1 Every', 'subject', ''),
  subject: [
    ...words(adjectives, 'subjectNoun'),
    ...words(people, 'personVerb'),
    ...words(animals, 'animalVerb'),
    ...words(things, 'thingVerb'),
  ],
  subjectNoun: [
    ...words(people, 'personVerb'),
    ...words(animals, 'animalVerb'),
    ...words(things, 'thingVerb'),
  ],
  personVerb: [
    ...words('5 paints, 4 sells, 3 wants, 3 keeps, 2 mends, 1 admires', 'object'),
    ...words('3 sings, 2 jokes', 'afterVerb'),
  ],
  animalVerb: [
    ...words('5 hunts, 4 finds, 3 likes, 2 guards', 'object'),
    ...words('5 sleeps, 3 runs, 2 eats, 1 yawns', 'afterVerb'),
  ],
  thingVerb: [
    ...words('4 hides, 3 holds, 2 hits', 'object'),
    ...words('5 falls, 4 shines, 3 breaks, 2 turns', 'afterVerb'),
  ],
  object: words('5 the, 4 a, 3 her, 3 his, 2 this, 1 no', 'objectNoun'),
  objectNoun: [
    ...words(people, 'afterObject'),
    ...words(animals, 'afterObject'),
    ...words(things, 'afterObject'),
  ],
  afterVerb: [
    ...words('3 often, 3 well, 2 alone, 2 here, 1 loudly', 'end'),
    ...words('4 near, 3 under, 2 by, 1 above', 'place'),
    { text: '.', weight: 4 },
  ],
  afterObject: [...words('4 near, 3 under, 2 by, 1 above', 'place'), { text: '.', weight: 10 }],
  place: words('4 our, 3 that, 2 its', 'placeNoun'),
  placeNoun: words('5 mill, 4 gate, 3 shop, 3 barn, 2 river, 2 well, 1 forest, 1 tower', 'end'),
  end: [...words('3 today, 2 now, 2 again, 1 forever', 'stop'), { text: '.', weight: 8 }],
  stop: [{ text: '.', weight: 1 }],
} satisfies Record<string, readonly Choice[]>;

export type StateName =
  | 'line'
  | 'subject'
  | 'subjectNoun'
  | 'personVerb'
  | 'animalVerb'
  | 'thingVerb'
  | 'object'
  | 'objectNoun'
  | 'afterVerb'
  | 'afterObject'
  | 'place'
  | 'placeNoun'
  | 'end'
  | 'stop';

export const grammarStates = Object.keys(grammar) as readonly StateName[];

export function choicesOf(state: StateName): readonly Choice[] {
  return grammar[state];
}

/** What stands for a name: "--topic" for "topic", a command for itself. */
export interface Candidate {
  readonly name: string;
  readonly shown: string;
}

/** A name at this distance, or farther, was not meant. */
const farAway = 7;
/** Words of the user's that leave letters out are likelier than those that have some too many. */
const costs = { replaced: 2, leftOut: 1, tooMany: 4 } as const;

/** The names that the Java tools take a word for a slip of: those nearest to it, when they are near at all. */
export function nearNames(word: string, candidates: readonly Candidate[]): string[] {
  const distances = candidates.map(({ name, shown }) => ({
    shown,
    distance: name.startsWith(word) ? 0 : distanceOf(word, name),
  }));
  const least = Math.min(...distances.map(({ distance }) => distance));
  if (least >= farAway) return [];
  return distances
    .filter(({ distance }) => distance === least)
    .map(({ shown }) => shown)
    .sort();
}

/** What it costs to make `name` of `word`; to swap two letters that stand together costs nothing. */
function distanceOf(word: string, name: string): number {
  // What is before the first letter of either counts one a letter.
  const rows: number[][] = [Array.from({ length: name.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= word.length; row++) {
    const own = [row];
    for (let column = 1; column <= name.length; column++) {
      const isSame = word[row - 1] === name[column - 1];
      const isSwapped =
        row > 1 && column > 1 && word[row - 2] === name[column - 1] && word[row - 1] === name[column - 2];
      own.push(
        Math.min(
          rows[row - 1]![column - 1]! + (isSame ? 0 : costs.replaced),
          isSwapped ? rows[row - 2]![column - 2]! : Number.POSITIVE_INFINITY,
          rows[row - 1]![column]! + costs.tooMany,
          own[column - 1]! + costs.leftOut,
        ),
      );
    }
    rows.push(own);
  }
  return rows[word.length]![name.length]!;
}

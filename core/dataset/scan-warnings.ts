import type { DatasetImage } from './base.ts';

const TINY_CLASS = 10;

/** Sentences about what a scan found: empty and tiny classes, duplicates and what is odd about them. */
export function describeFindings(
  classes: readonly string[],
  folderClasses: readonly string[],
  images: readonly DatasetImage[],
): string[] {
  const known = new Set(classes);
  const empty = [...new Set(folderClasses)].filter((name) => !known.has(name)).sort();
  return [
    ...empty.map((name) => `The class folder "${name}" has no readable image and is left out.`),
    ...describeClassSizes(classes, images),
    ...describeDuplicates(classes, images),
  ];
}

function describeClassSizes(classes: readonly string[], images: readonly DatasetImage[]): string[] {
  const counts = classes.map(() => 0);
  const trainCounts = classes.map(() => 0);
  for (const { label, split } of images) {
    counts[label] = (counts[label] ?? 0) + 1;
    if (split === 'train' || split === null) trainCounts[label] = (trainCounts[label] ?? 0) + 1;
  }
  return classes.flatMap((name, label) => {
    const count = counts[label] ?? 0;
    if (trainCounts[label] === 0) return [`The class "${name}" has no image in train and cannot be learnt.`];
    if (count >= TINY_CLASS) return [];
    return [`The class "${name}" has only ${count} ${count === 1 ? 'image' : 'images'}.`];
  });
}

function describeDuplicates(classes: readonly string[], images: readonly DatasetImage[]): string[] {
  const groups = new Map<number, DatasetImage[]>();
  for (const image of images) {
    const members = groups.get(image.duplicateGroup);
    if (members) members.push(image);
    else groups.set(image.duplicateGroup, [image]);
  }
  const duplicates = [...groups.values()].filter((members) => members.length > 1);
  const acrossSplits = duplicates.filter((members) => new Set(members.map(({ split }) => split)).size > 1);
  const acrossClasses = duplicates.filter((members) => new Set(members.map(({ label }) => label)).size > 1);
  const extraCount = duplicates.reduce((sum, members) => sum + members.length - 1, 0);
  const sentences: string[] = [];
  if (duplicates.length > 0) {
    sentences.push(
      `${extraCount} images repeat others, exactly or nearly, in ${duplicates.length} groups, such as ${namePair(duplicates)}; a group stays in one part of the split.`,
    );
  }
  if (acrossSplits.length > 0) {
    sentences.push(
      `${acrossSplits.length} groups of duplicates lie in more than one of train, validation and test, such as ${namePair(acrossSplits)}; the scores will look better than they are.`,
    );
  }
  if (acrossClasses.length > 0) {
    const labels = new Set(acrossClasses[0]?.map(({ label }) => classes[label]));
    sentences.push(
      `${acrossClasses.length} groups of duplicates carry different labels, such as ${namePair(acrossClasses)} (${[...labels].join(', ')}).`,
    );
  }
  return sentences;
}

function namePair(groups: ReadonlyArray<readonly DatasetImage[]>): string {
  return (groups[0] ?? [])
    .slice(0, 2)
    .map((image) => image.path)
    .join(' and ');
}

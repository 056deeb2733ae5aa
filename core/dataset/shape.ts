import { InvalidInputError } from '../base/errors.ts';
import type { SplitName } from './base.ts';
import { IMAGE_FORMATS_TEXT } from './image-formats.ts';
import { type LabelledFile, type Labelling, SPLIT_NAMES } from './labelling.ts';
import type { FolderListing } from './listing.ts';
import { hasLabelColumns, type LabelTable, labelByTables, missingColumnsError, openTable } from './table.ts';

const SHAPES_TEXT =
  'a folder for each class, or train, validation and test folders with a folder for each class, or a CSV table with the columns image and label';

/**
 * Recognises how a folder is labelled: by a table with an image and a label column where there is one, else by
 * `train` folders with class folders, else by class folders.
 *
 * @throws InvalidInputError where it is none of these.
 */
export async function recogniseShape(listing: FolderListing): Promise<Labelling> {
  const { folder, images, tables } = listing;
  const opened = await Promise.all(tables.map((name) => openTable(folder, name)));
  const labelTables = opened.filter(hasLabelColumns);
  if (labelTables.length > 0) return labelByTables(listing, assignSplits(folder, labelTables));

  const inFolders = images.filter((image) => image.includes('/'));
  if (inFolders.length === 0 || isOneImageFolder(listing)) {
    const [unusable] = opened;
    if (unusable) throw missingColumnsError(folder, unusable);
    if (inFolders.length === 0) throw nothingToLabelError(listing);
  }
  const labelling = isPreSplit(listing) ? labelBySplitFolders(listing) : labelByFolders(listing);
  const ignored = images.length - labelling.files.length;
  const sentences = [
    ...(ignored > 0
      ? [`${ignored === 1 ? '1 image is' : `${ignored} images are`} left out: outside the class folders.`]
      : []),
    ...opened.map(({ name }) => `The table ${name} has no image and label columns and is left out.`),
  ];
  return { ...labelling, warnings: [...labelling.warnings, ...sentences] };
}

/** Tables named after splits give theirs to their rows; otherwise there may be one table only. */
function assignSplits(
  folder: string,
  tables: readonly LabelTable[],
): Array<readonly [LabelTable, SplitName | null]> {
  const bySplit = tables.map((table) => {
    const base = table.name.slice(0, -'.csv'.length).toLowerCase();
    return [table, SPLIT_NAMES.get(base) ?? null] as const;
  });
  if (tables.length === 1 || bySplit.every(([, split]) => split !== null)) return bySplit;
  const names = tables.map(({ name }) => name).join(', ');
  const sentence = `FOLDER ${folder} has ${tables.length} tables with image and label columns (${names}); allowed is one, or one for each of train, validation and test, named so.`;
  throw new InvalidInputError('FOLDER', sentence);
}

function isPreSplit(listing: FolderListing): boolean {
  const withImages = new Set(listing.images.filter((image) => image.includes('/')).map(topFolder));
  const splits = [...withImages].filter((name) => SPLIT_NAMES.has(name.toLowerCase()));
  if (!splits.some((name) => name.toLowerCase() === 'train')) return false;
  return (
    listing.images.some((image) => /^train\/[^/]+\//i.test(image)) ||
    (splits.length > 1 && splits.length === withImages.size)
  );
}

function labelBySplitFolders({ folder, images, folders }: FolderListing): Labelling {
  const files: LabelledFile[] = [];
  for (const image of images) {
    const [splitFolder = '', className = '', ...rest] = image.split('/');
    const split = SPLIT_NAMES.get(splitFolder.toLowerCase());
    if (split && rest.length > 0) files.push({ path: image, className, split });
  }
  if (!files.some(({ split }) => split === 'train')) {
    const sentence = `FOLDER ${folder} has a train folder without class folders; it has to be train/<class>/<image>.`;
    throw new InvalidInputError('FOLDER', sentence);
  }
  const classFolders = folders.filter(
    (name) => SPLIT_NAMES.has(topFolder(name).toLowerCase()) && name.includes('/'),
  );
  const folderClasses = classFolders.map((name) => name.slice(name.indexOf('/') + 1));
  return { shape: 'pre-split', files, folderClasses, unreadable: [], warnings: [] };
}

function labelByFolders({ images, folders }: FolderListing): Labelling {
  const files = images
    .filter((image) => image.includes('/'))
    .map((image) => ({ path: image, className: topFolder(image), split: null }));
  const folderClasses = folders.filter((name) => !name.includes('/'));
  return { shape: 'class-folders', files, folderClasses, unreadable: [], warnings: [] };
}

/** As beside a table: all images in one folder, such as `images/`. */
function isOneImageFolder({ images }: FolderListing): boolean {
  return new Set(images.filter((image) => image.includes('/')).map(topFolder)).size === 1;
}

function topFolder(relative: string): string {
  return relative.split('/', 1)[0] ?? '';
}

function nothingToLabelError({
  folder,
  images,
  tables,
  otherCount,
  folders,
}: FolderListing): InvalidInputError {
  let problem = `has ${images.length} images but nothing that says their classes`;
  if (images.length === 0) {
    const fileCount = otherCount + tables.length;
    problem = fileCount > 0 ? `has ${fileCount} files but no images (${IMAGE_FORMATS_TEXT})` : 'is empty';
    if (fileCount === 0 && folders.length > 0) problem = 'has folders but no images in them';
  }
  return new InvalidInputError('FOLDER', `FOLDER ${folder} ${problem}; it has to hold ${SHAPES_TEXT}.`);
}

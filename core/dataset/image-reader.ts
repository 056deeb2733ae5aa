import { constants, type Stats } from 'node:fs';
import { lstat, open, stat } from 'node:fs/promises';
import { decode as decodeBmp } from '@cwasm/nsbmp';
import sharp, { type Sharp } from 'sharp';
import { HoneError } from '../base/errors.ts';
import { type ImageFormat, isTruncated, sniffImageFormat } from './image-formats.ts';
import { differenceHash, HASH_SOURCE_HEIGHT, HASH_SOURCE_WIDTH } from './perceptual-hash.ts';

/** Changes with everything that changes decoded pixels, so that caches of another reader are not taken. */
export const READER_VERSION = 1;

/**
 * Behind transparent pixels: mid-grey, on which neither black outlines nor white fills vanish.
 */
export const ALPHA_BACKGROUND = 128;

/** More is refused before decoding: a few kilobytes can claim gigabytes of pixels. */
const MAX_PIXELS = 100_000_000;
const MAX_FILE_BYTES = 512 * 2 ** 20;
/** Up to this size decoding whole and averaging here is quicker than shrinking in libvips. */
const SMALL_PIXELS = 256 * 256;
const SMALL_FILE_BYTES = 512 * 1024;

// One thread an image and many images in flight uses the cores better than the reverse, and no image is read twice.
sharp.concurrency(1);
sharp.cache(false);
// Only the promised formats: libvips would also render SVG and read its own and scientific formats.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((name) => `VipsForeignLoad${name}`),
});

/** An image file that cannot be used; the message is the reason for people, such as `truncated PNG`. */
export class UnreadableImageError extends HoneError {
  constructor(reason: string, options?: ErrorOptions) {
    super('unreadable-image', reason, options);
  }
}

/** What is known of a picture once it has been decoded. */
export interface ExaminedImage {
  /** Pixels, after the EXIF rotation. */
  readonly width: number;
  readonly height: number;
  /** See `DatasetImage.perceptualHash`. */
  readonly perceptualHash: string;
}

/** An image file in memory. */
export interface ImageFile {
  readonly bytes: Buffer;
  /** Time of the last change before it was read. */
  readonly mtimeMs: number;
}

/**
 * Reads a whole image file.
 *
 * @throws UnreadableImageError where it is missing, empty, no file, too large or not permitted.
 */
export async function readImageFile(file: string): Promise<ImageFile> {
  return withReadReason(file, async () => {
    // Without O_NONBLOCK opening a pipe would wait for its writer.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      refuseOddFile(found);
      const bytes = Buffer.allocUnsafe(found.size);
      const { bytesRead } = await handle.read(bytes, 0, found.size, 0);
      // A short read is a file that shrank, or one too large for a single call.
      return { bytes: bytesRead === found.size ? bytes : await handle.readFile(), mtimeMs: found.mtimeMs };
    } finally {
      await handle.close();
    }
  });
}

/**
 * Size in bytes and time of change of an image file; it is not opened.
 *
 * @throws UnreadableImageError where it is missing, empty, no file or too large.
 */
export async function statImageFile(file: string): Promise<{ size: number; mtimeMs: number }> {
  return withReadReason(file, async () => {
    const found = await stat(file);
    refuseOddFile(found);
    return found;
  });
}

/**
 * Decodes an image as far as needed to know that it can be decoded, its size and its perceptual hash.
 *
 * @throws UnreadableImageError with the reason.
 */
export async function examineImage(bytes: Buffer): Promise<ExaminedImage> {
  return decodeWithReason(bytes, async (format) => {
    if (format === 'BMP') {
      const { data, width, height } = decodeBmpPixels(bytes);
      return { width, height, perceptualHash: differenceHash(data, width, height, 4) };
    }
    return (await examineSmallImage(bytes, format)) ?? (await examineLargeImage(bytes));
  });
}

/**
 * Decodes an image to one size: EXIF rotation applied, sRGB, 8 bits, transparency over {@link ALPHA_BACKGROUND},
 * stretched to fit (as torchvision's `Resize((height, width))` does), the first frame of an animation.
 *
 * @param height - Pixels.
 * @param width - Pixels.
 * @returns Bytes, [height, width, 3].
 * @throws UnreadableImageError with the reason.
 */
export async function decodeImage(bytes: Buffer, height: number, width: number): Promise<Buffer> {
  return decodeWithReason(bytes, async (format) => {
    const opened = format === 'BMP' ? openBmp(bytes) : openImage(bytes, MAX_PIXELS).autoOrient();
    // Of sharp's kernels mitchell comes nearest to the antialiased bilinear filter of torchvision and Pillow.
    const { data, info } = await opened
      .flatten({ background: greyBackground() })
      .resize({ width, height, fit: 'fill', kernel: 'mitchell' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels`);
    return data;
  });
}

function openImage(bytes: Buffer, limitInputPixels: number): Sharp {
  return sharp(bytes, { failOn: 'error', sequentialRead: true, limitInputPixels });
}

function openBmp(bytes: Buffer): Sharp {
  const { data, width, height } = decodeBmpPixels(bytes);
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** Null where the picture is not small. */
async function examineSmallImage(bytes: Buffer, format: ImageFormat): Promise<ExaminedImage | null> {
  if (bytes.length > SMALL_FILE_BYTES) return null;
  try {
    const opened = mayBeRotated(bytes, format)
      ? openImage(bytes, SMALL_PIXELS).autoOrient()
      : openImage(bytes, SMALL_PIXELS);
    const { data, info } = await opened.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    const perceptualHash = differenceHash(data, info.width, info.height, info.channels);
    return { width: info.width, height: info.height, perceptualHash };
  } catch (error) {
    if (isOverPixelLimit(error)) return null;
    throw error;
  }
}

async function examineLargeImage(bytes: Buffer): Promise<ExaminedImage> {
  const opened = openImage(bytes, MAX_PIXELS).autoOrient();
  const { autoOrient } = await opened.metadata();
  const { data, info } = await opened
    .resize({ width: HASH_SOURCE_WIDTH, height: HASH_SOURCE_HEIGHT, fit: 'fill', kernel: 'linear' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const perceptualHash = differenceHash(data, info.width, info.height, info.channels);
  return { width: autoOrient.width, height: autoOrient.height, perceptualHash };
}

/** False where no orientation can be stored; asking libvips to apply none costs a fifth of decoding a sprite. */
function mayBeRotated(bytes: Buffer, format: ImageFormat): boolean {
  return format === 'TIFF' || ['Exif', 'eXIf', 'EXIF'].some((name) => bytes.includes(name, 0, 'latin1'));
}

function decodeBmpPixels(bytes: Buffer): { data: Uint8ClampedArray; width: number; height: number } {
  if (bytes.length < 26) throw new Error('truncated header');
  const isOldHeader = bytes.readUInt32LE(14) === 12;
  const width = isOldHeader ? bytes.readUInt16LE(18) : bytes.readInt32LE(18);
  const height = isOldHeader ? bytes.readUInt16LE(20) : bytes.readInt32LE(22);
  if (Math.abs(width * height) > MAX_PIXELS) throw new UnreadableImageError(describeTooManyPixels());
  return decodeBmp(bytes);
}

async function decodeWithReason<T>(bytes: Buffer, decode: (format: ImageFormat) => Promise<T>): Promise<T> {
  const format = sniffImageFormat(bytes);
  if (format === null) throw new UnreadableImageError('not an image, or of a format that is not read');
  try {
    return await decode(format);
  } catch (error) {
    if (error instanceof UnreadableImageError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (isOverPixelLimit(error)) throw new UnreadableImageError(describeTooManyPixels(), { cause: error });
    const damage = isTruncated(format, bytes, message) ? 'truncated' : 'damaged';
    throw new UnreadableImageError(`${damage} ${format}`, { cause: error });
  }
}

async function withReadReason<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnreadableImageError) throw error;
    throw new UnreadableImageError(await explainReadError(error, file), { cause: error });
  }
}

function refuseOddFile(found: Stats): void {
  if (found.isDirectory()) throw new UnreadableImageError('a folder, not a file');
  if (!found.isFile()) throw new UnreadableImageError('not a regular file');
  if (found.size === 0) throw new UnreadableImageError('empty file (0 bytes)');
  if (found.size > MAX_FILE_BYTES) {
    throw new UnreadableImageError(`${found.size} bytes, more than the ${MAX_FILE_BYTES} allowed`);
  }
}

function greyBackground(): { r: number; g: number; b: number } {
  return { r: ALPHA_BACKGROUND, g: ALPHA_BACKGROUND, b: ALPHA_BACKGROUND };
}

function isOverPixelLimit(error: unknown): boolean {
  return error instanceof Error && error.message.includes('exceeds pixel limit');
}

function describeTooManyPixels(): string {
  return `more than the ${MAX_PIXELS / 1_000_000} million pixels allowed`;
}

async function explainReadError(failure: unknown, file: string): Promise<string> {
  const code = failure instanceof Error && 'code' in failure ? String(failure.code) : 'unknown error';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'a folder, not a file';
  if (code === 'ELOOP') return 'a link that leads to itself';
  if (code !== 'ENOENT') return `cannot be read (${code})`;
  if (file.includes('\ufffd')) return 'its name is not valid UTF-8';
  const link = await lstat(file).catch(() => null);
  return link?.isSymbolicLink() ? 'a link to a file that does not exist' : 'no such file';
}

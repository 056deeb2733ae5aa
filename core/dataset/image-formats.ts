import path from 'node:path';

/** Formats that are read, by what a file begins with. */
export type ImageFormat = 'PNG' | 'JPEG' | 'WebP' | 'GIF' | 'BMP' | 'TIFF' | 'AVIF';

/** For people. */
export const IMAGE_FORMATS_TEXT = 'PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF';

const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  '.png',
  '.apng',
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.webp',
  '.gif',
  '.bmp',
  '.dib',
  '.tif',
  '.tiff',
  '.avif',
]);

/** True for a file name that promises an image. */
export function hasImageExtension(name: string): boolean {
  return IMAGE_EXTENSIONS.has(path.extname(name).toLowerCase());
}

/** The format by the first bytes, whatever the file is called; null where it is none that is read. */
export function sniffImageFormat(bytes: Buffer): ImageFormat | null {
  const text = bytes.toString('latin1', 0, 12);
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (text.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'WebP';
  if (text.startsWith('GIF8')) return 'GIF';
  if (text.startsWith('BM')) return 'BMP';
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return 'TIFF';
  if (text.slice(4, 8) === 'ftyp') return 'AVIF';
  return null;
}

/**
 * Whether an image that could not be decoded ends too early, as after a broken download.
 *
 * @param decoderMessage - What the decoder said; decoders do not always tell damage from a missing end.
 */
export function isTruncated(format: ImageFormat, bytes: Buffer, decoderMessage: string): boolean {
  if (/premature|truncat|unexpected end/i.test(decoderMessage)) return true;
  if (format === 'PNG') return bytes.lastIndexOf('IEND') < 0;
  if (format === 'WebP') return bytes.length < 12 || bytes.readUInt32LE(4) + 8 > bytes.length;
  if (format === 'BMP') return bytes.length < 6 || bytes.readUInt32LE(2) > bytes.length;
  return false;
}

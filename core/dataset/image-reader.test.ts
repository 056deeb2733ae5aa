import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { drawBlobs, makeTestFolder, withoutPrivileges } from './dataset.fixture.ts';
import { ALPHA_BACKGROUND, decodeImage, examineImage, readImageFile } from './image-reader.ts';

const RED = { r: 220, g: 40, b: 30 };

function plainRed(width = 6, height = 4): Sharp {
  return sharp({ create: { width, height, channels: 3, background: RED } });
}

/** A BMP of 4 x 2 pixels, bottom row first: the upper row red, the lower blue. */
function bmp24(): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM', 'latin1');
  header.writeUInt32LE(54 + 24, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(4, 18);
  header.writeInt32LE(2, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  const blue = Buffer.from([250, 10, 5]);
  const red = Buffer.from([30, 40, 220]);
  return Buffer.concat([header, blue, blue, blue, blue, red, red, red, red]);
}

/** Greatest difference of any channel of any pixel from one colour. */
function distanceFrom(pixels: Buffer, { r, g, b }: typeof RED): number {
  const wanted = [r, g, b];
  return Math.max(...pixels.map((value, at) => Math.abs(value - (wanted[at % 3] ?? 0))));
}

describe('formats', () => {
  test.each([
    ['PNG', plainRed().png(), 0],
    ['palette PNG', plainRed().png({ palette: true }), 0],
    ['16-bit PNG', plainRed().toColourspace('rgb16').png(), 0],
    ['JPEG', plainRed().jpeg({ quality: 95 }), 4],
    ['CMYK JPEG', plainRed().toColourspace('cmyk').jpeg({ quality: 95 }), 30],
    ['WebP', plainRed().webp({ lossless: true }), 0],
    ['GIF', plainRed().gif(), 4],
    ['TIFF', plainRed().tiff({ compression: 'lzw' }), 0],
    ['16-bit TIFF', plainRed().toColourspace('rgb16').tiff({ compression: 'lzw' }), 0],
    ['AVIF', plainRed().avif({ lossless: true }), 4],
  ])('%s decodes to 8-bit RGB', async (_name, image, tolerance) => {
    const bytes = await image.toBuffer();
    expect(await examineImage(bytes)).toMatchObject({ width: 6, height: 4 });
    const pixels = await decodeImage(bytes, 4, 6);
    expect(pixels).toHaveLength(4 * 6 * 3);
    expect(distanceFrom(pixels, RED)).toBeLessThanOrEqual(tolerance);
  });

  test.each([
    ['8-bit', 'b-w'],
    ['16-bit', 'grey16'],
  ])('%s grey becomes three equal channels', async (_name, colourspace) => {
    const grey = sharp({ create: { width: 3, height: 3, channels: 3, background: '#646464' } });
    const pixels = await decodeImage(await grey.toColourspace(colourspace).png().toBuffer(), 3, 3);
    expect(new Set(pixels)).toEqual(new Set([100]));
  });

  test('BMP keeps rows and colours in order', async () => {
    expect(await examineImage(bmp24())).toMatchObject({ width: 4, height: 2 });
    const pixels = await decodeImage(bmp24(), 2, 4);
    expect([...pixels.subarray(0, 3)]).toEqual([220, 40, 30]);
    expect([...pixels.subarray(12, 15)]).toEqual([5, 10, 250]);
  });

  test('the content decides, not the name', async () => {
    const folder = await makeTestFolder();
    const file = path.join(folder, 'really-a-png.jpg');
    await plainRed().png().toFile(file);
    expect(distanceFrom(await decodeImage((await readImageFile(file)).bytes, 2, 2), RED)).toBe(0);
  });
});

test('EXIF rotation is applied to size and pixels', async () => {
  const upright = drawBlobs(5, 24, 12)
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' });
  const bytes = await upright.toBuffer();
  expect(await examineImage(bytes)).toMatchObject({ width: 12, height: 24 });
  const turned = await drawBlobs(5, 24, 12).rotate(90).raw().toBuffer();
  const pixels = await decodeImage(bytes, 24, 12);
  const difference = pixels.reduce((sum, value, at) => sum + Math.abs(value - (turned[at] ?? 0)), 0);
  expect(difference / pixels.length).toBeLessThan(4);
});

test('transparent pixels show the stated grey, half transparent ones the mean', async () => {
  const clear = sharp({ create: { width: 2, height: 2, channels: 4, background: { ...RED, alpha: 0 } } });
  const pixels = await decodeImage(await clear.png().toBuffer(), 2, 2);
  expect(new Set(pixels)).toEqual(new Set([ALPHA_BACKGROUND]));
  const half = sharp({
    create: { width: 2, height: 2, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } },
  });
  const halved = await decodeImage(await half.png().toBuffer(), 2, 2);
  for (const value of halved) expect(Math.abs(value - ALPHA_BACKGROUND / 2)).toBeLessThanOrEqual(1);
});

test('the first frame of an animated GIF is read', async () => {
  const frames = Buffer.from(
    Array.from({ length: 32 }, (_, at) => (at < 16 ? [220, 40, 30] : [0, 0, 255])).flat(),
  );
  const raw = { width: 4, height: 8, channels: 3, pageHeight: 4 } as const;
  const bytes = await sharp(frames, { raw })
    .gif({ delay: [100, 100] })
    .toBuffer();
  expect((await sharp(bytes).metadata()).pages).toBe(2);
  expect(await examineImage(bytes)).toMatchObject({ width: 4, height: 4 });
  expect(distanceFrom(await decodeImage(bytes, 4, 4), RED)).toBeLessThanOrEqual(4);
});

test('large pictures have the hash of small ones', async () => {
  const large = await examineImage(await drawBlobs(9, 900, 600).png().toBuffer());
  const small = await examineImage(await drawBlobs(9, 90, 60).png().toBuffer());
  expect(large).toMatchObject({ width: 900, height: 600 });
  expect(large.perceptualHash).toBe(small.perceptualHash);
});

async function blobs(format: 'png' | 'jpeg' | 'webp' | 'gif' | 'avif'): Promise<Buffer> {
  return drawBlobs(1, 64, 64).toFormat(format).toBuffer();
}

describe('what cannot be read', () => {
  test.each([
    ['png', 'truncated PNG'],
    ['jpeg', 'truncated JPEG'],
    ['webp', 'truncated WebP'],
    ['gif', 'truncated GIF'],
    ['avif', 'truncated AVIF'],
  ] as const)('a %s cut in half', async (format, reason) => {
    const bytes = await blobs(format);
    const half = bytes.subarray(0, bytes.length / 2);
    await expect(examineImage(half)).rejects.toThrow(reason);
    await expect(decodeImage(half, 8, 8)).rejects.toThrow(reason);
  });

  test('a BMP cut in half, and one that claims a million rows', async () => {
    await expect(examineImage(bmp24().subarray(0, 60))).rejects.toThrow('truncated BMP');
    const bomb = bmp24();
    bomb.writeInt32LE(1_000_000, 18);
    bomb.writeInt32LE(1_000_000, 22);
    await expect(examineImage(bomb)).rejects.toThrow('more than the 100 million pixels allowed');
  });

  test('a damaged PNG', async () => {
    const bytes = await blobs('png');
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0x55, middle, middle + 40);
    await expect(examineImage(bytes)).rejects.toThrow('damaged PNG');
  });

  test('a picture bomb is refused before it is decoded', async () => {
    const bytes = await blobs('png');
    bytes.writeUInt32BE(12_000, 16);
    bytes.writeUInt32BE(9_000, 20);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
    await expect(examineImage(bytes)).rejects.toThrow('more than the 100 million pixels allowed');
    await expect(decodeImage(bytes, 8, 8)).rejects.toThrow('more than the 100 million pixels allowed');
  });

  test.each([
    ['text', Buffer.from('not a picture at all')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>')],
    ['PDF', Buffer.from('%PDF-1.7\n')],
  ])('%s under the name of an image', async (_name, bytes) => {
    await expect(examineImage(bytes)).rejects.toThrow('not an image');
  });

  test('empty files, folders, missing files and broken links', async () => {
    const folder = await makeTestFolder();
    const at = (name: string): string => path.join(folder, name);
    await writeFile(at('empty.png'), '');
    await mkdir(at('folder.png'));
    await symlink(at('nowhere.png'), at('broken.png'));
    await symlink(at('circle.png'), at('circle.png'));
    await expect(readImageFile(at('empty.png'))).rejects.toThrow('empty file (0 bytes)');
    await expect(readImageFile(at('folder.png'))).rejects.toThrow('a folder, not a file');
    await expect(readImageFile(at('missing.png'))).rejects.toThrow('no such file');
    await expect(readImageFile(at('broken.png'))).rejects.toThrow('a link to a file that does not exist');
    await expect(readImageFile(at('circle.png'))).rejects.toThrow('a link that leads to itself');
    await expect(readImageFile('/dev/null')).rejects.toThrow('not a regular file');
  });

  test('permission denied is said', async () => {
    const folder = await makeTestFolder();
    const file = path.join(folder, 'secret.png');
    await writeFile(file, await blobs('png'), { mode: 0o000 });
    await withoutPrivileges(folder, async () => {
      await expect(readImageFile(file)).rejects.toThrow('permission denied');
    });
  });
});

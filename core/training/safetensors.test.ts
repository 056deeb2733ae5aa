import { describe, expect, test } from 'vitest';
import { HoneError } from '../base/errors.ts';
import { decodeSafetensors, encodeSafetensors, type TensorFile } from './safetensors.ts';

const FILE: TensorFile = {
  tensors: new Map([
    ['conv.weight', { shape: [2, 3], values: Float32Array.of(1, -2.5, 3e-8, 0, -0, 7) }],
    ['empty', { shape: [0], values: new Float32Array(0) }],
    ['bias', { shape: [1], values: Float32Array.of(0.1) }],
  ]),
  metadata: { epoch: '3', note: 'naïve – ✓' },
};

function bytesOf(file: TensorFile): Buffer {
  return Buffer.concat(encodeSafetensors(file));
}

describe('safetensors', () => {
  test('reads back what was written', () => {
    const { tensors, metadata } = decodeSafetensors(bytesOf(FILE));
    expect(tensors).toEqual(FILE.tensors);
    expect(metadata).toMatchObject(FILE.metadata);
  });

  test('is laid out as the format says', () => {
    const bytes = bytesOf(FILE);
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, unknown>;
    expect(header['conv.weight']).toEqual({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] });
    expect(header['bias']).toEqual({ dtype: 'F32', shape: [1], data_offsets: [24, 28] });
    expect(bytes.length).toBe(8 + length + 28);
    expect(bytes.readFloatLE(8 + length + 4)).toBe(-2.5);
  });

  test('refuses a file cut short anywhere', () => {
    const bytes = bytesOf(FILE);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(HoneError);
    }
  });

  test('refuses a file with a changed number or changed metadata', () => {
    const number = bytesOf(FILE);
    number.writeUInt8(number.readUInt8(number.length - 1) ^ 1, number.length - 1);
    expect(() => decodeSafetensors(number)).toThrow('checksum');
    const text = bytesOf(FILE);
    text.write('"epoch":"4"', text.indexOf('"epoch":"3"'));
    expect(() => decodeSafetensors(text)).toThrow('checksum');
  });

  test('refuses a foreign file', () => {
    expect(() => decodeSafetensors(Buffer.from('SQLite format 3\0 and more of it'))).toThrow(
      /^The file is no complete safetensors file: its header would have \d+ bytes\.$/,
    );
    expect(() => decodeSafetensors(Buffer.alloc(64))).toThrow('its header is no JSON');
  });
});

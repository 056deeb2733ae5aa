import { crc32 } from 'node:zlib';
import { HoneError } from '../base/errors.ts';

/** A named array of float32 numbers. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a safetensors file holds. */
export interface TensorFile {
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** Text by name; `crc32` is the writer's. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An entry of the header. */
interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from the end of the header. */
  readonly data_offsets: readonly [number, number];
}

const LENGTH_BYTES = 8;
const FLOAT_BYTES = 4;
const CHECKSUM = 'crc32';

/**
 * Lay out tensors as safetensors: the header's length, the header in JSON, the numbers (little-endian float32).
 *
 * A checksum of the metadata and the numbers goes with the metadata, since the format has none.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors({ tensors, metadata }: TensorFile): Uint8Array[] {
  const header: Record<string, HeaderEntry | Record<string, string>> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  header['__metadata__'] = { ...metadata, [CHECKSUM]: String(checksum(metadata, parts)) };
  const json = Buffer.from(JSON.stringify(header));
  // Padded with spaces, so that the numbers begin at a multiple of 8, as the format recommends.
  const padded = Buffer.alloc(Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES, ' ');
  json.copy(padded);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(padded.length));
  return [length, padded, ...parts];
}

function checksum(metadata: Readonly<Record<string, string>>, parts: readonly Uint8Array[]): number {
  const entries = Object.entries(metadata).filter(([name]) => name !== CHECKSUM);
  return parts.reduce((sum, part) => crc32(part, sum), crc32(JSON.stringify(entries)));
}

/**
 * Read what {@link encodeSafetensors} wrote.
 *
 * @throws {HoneError} `safetensors` where the bytes are no such file, are cut short, or do not match the checksum.
 */
export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  const { header, dataStart } = readHeader(bytes);
  const metadata = (header['__metadata__'] ?? {}) as Readonly<Record<string, string>>;
  const tensors = new Map<string, NamedTensor>();
  const parts: Uint8Array[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = entry as HeaderEntry;
    const [start, end] = offsets;
    const size = shape.reduce((product, length) => product * length, FLOAT_BYTES);
    if (dtype !== 'F32' || end - start !== size || start < 0 || dataStart + end > bytes.length) {
      throw unreadable(`tensor ${name} does not fit in ${bytes.length} bytes`);
    }
    // Copied, so that the numbers lie at a multiple of four whatever the file's header.
    const part = bytes.slice(dataStart + start, dataStart + end);
    parts.push(part);
    tensors.set(name, { shape, values: new Float32Array(part.buffer, part.byteOffset, size / FLOAT_BYTES) });
  }
  if (metadata[CHECKSUM] !== String(checksum(metadata, parts)))
    throw unreadable('its checksum does not match');
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array): { header: Readonly<Record<string, unknown>>; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) throw unreadable(`it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - LENGTH_BYTES) throw unreadable(`its header would have ${length} bytes`);
  const dataStart = LENGTH_BYTES + length;
  try {
    const text = Buffer.from(bytes.subarray(LENGTH_BYTES, dataStart)).toString('utf8');
    return { header: JSON.parse(text) as Record<string, unknown>, dataStart };
  } catch (error) {
    throw unreadable('its header is no JSON', error);
  }
}

function unreadable(problem: string, cause?: unknown): HoneError {
  return new HoneError('safetensors', `The file is no complete safetensors file: ${problem}.`, { cause });
}

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { HoneError } from '../../../base/errors.ts';

/** Emscripten's names for C's functions. */
const MALLOC = '_malloc';
const FREE = '_free';

/** What the Emscripten module of TensorFlow.js's wasm backend has beside its typed functions. */
interface EmscriptenModule {
  [MALLOC]: (sizeBytes: number) => number;
  readonly [FREE]: (address: number) => void;
  readonly asm: { readonly memory: WebAssembly.Memory };
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
}

/** Scratch starts on a cache line, and so does every part of it. */
const ALIGNMENT = 64;

/** `sizeBytes` rounded up to whole cache lines. */
export function alignedBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * The memory of TensorFlow.js's wasm backend, which the training kernels share: addresses of its tensors, new
 * tensors, and memory of our own. Addresses are bytes, 0 … 4 GB.
 */
export class WasmHeap {
  readonly #backend: BackendWasm;
  readonly #module: EmscriptenModule;
  readonly #owned = new Set<number>();
  #scratch = 0;
  #scratchBytes = 0;

  constructor(backend: BackendWasm) {
    this.#backend = backend;
    // The published types leave out the memory and the allocator that the module has.
    this.#module = backend.wasm as unknown as EmscriptenModule;
    guardAllocation(this.#module);
  }

  get memory(): WebAssembly.Memory {
    return this.#module.asm.memory;
  }

  get sizeBytes(): number {
    return this.#module.HEAPU8.byteLength;
  }

  /** Where the values of a tensor begin. */
  address(tensor: TensorInfo): number {
    return this.#backend.getMemoryOffset(tensor.dataId);
  }

  /**
   * A new tensor with values as they come.
   *
   * @throws {HoneError} `out-of-memory`.
   */
  output(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
    return this.#backend.makeOutput([...shape], dtype);
  }

  /** Give up a tensor of {@link output} that TensorFlow.js never saw. */
  disposeOutput(tensor: TensorInfo): void {
    this.#backend.disposeData(tensor.dataId);
  }

  /** Whether other tensors share the memory of this one. */
  isShared(tensor: TensorInfo): boolean {
    return this.#backend.refCount(tensor.dataId) > 1;
  }

  /**
   * Memory until {@link free}, zeroed.
   *
   * @throws {HoneError} `out-of-memory`.
   */
  allocate(sizeBytes: number): number {
    const address = this.#module[MALLOC](sizeBytes) >>> 0;
    this.#module.HEAPU8.fill(0, address, address + sizeBytes);
    this.#owned.add(address);
    return address;
  }

  free(address: number): void {
    if (this.#owned.delete(address)) this.#module[FREE](address);
  }

  /**
   * At least `sizeBytes` for one kernel call, values as they come. The next call to this function takes it back:
   * kernels run one after another, so one area serves all.
   *
   * @throws {HoneError} `out-of-memory`.
   */
  scratch(sizeBytes: number): number {
    if (sizeBytes > this.#scratchBytes) {
      this.#dropScratch();
      const grown = Math.ceil(sizeBytes * 1.25) + ALIGNMENT;
      this.#scratch = this.#module[MALLOC](grown) >>> 0;
      this.#scratchBytes = grown - ALIGNMENT;
    }
    return alignedBytes(this.#scratch);
  }

  /** Float32 values in place; valid until the heap grows, that is until the next allocation. */
  floats(address: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#module.HEAPU8.buffer, address, count);
  }

  /** Int32 values in place; valid until the next allocation. */
  integers(address: number, count: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#module.HEAPU8.buffer, address, count);
  }

  copy(source: number, target: number, sizeBytes: number): void {
    this.#module.HEAPU8.copyWithin(target, source, source + sizeBytes);
  }

  fillZero(address: number, sizeBytes: number): void {
    this.#module.HEAPU8.fill(0, address, address + sizeBytes);
  }

  /** Frees all that was allocated here. Tensors stay TensorFlow.js's. */
  dispose(): void {
    this.#dropScratch();
    for (const address of this.#owned) this.#module[FREE](address);
    this.#owned.clear();
  }

  #dropScratch(): void {
    if (this.#scratch !== 0) this.#module[FREE](this.#scratch);
    this.#scratch = 0;
    this.#scratchBytes = 0;
  }
}

/** Modules whose allocator throws already. */
const guarded = new WeakSet<EmscriptenModule>();

/**
 * Makes the module's allocator throw where it cannot allocate.
 *
 * At 4 GB Emscripten's `malloc` returns 0, TensorFlow.js takes that for an address, and the next tensor silently
 * overwrites whatever lives at the bottom of the heap. The first call replaces the property `_malloc` by the real
 * function, so a guard put there before it would be lost: hence the call that is freed at once.
 */
function guardAllocation(module: EmscriptenModule): void {
  if (guarded.has(module)) return;
  module[FREE](module[MALLOC](ALIGNMENT));
  const allocate = module[MALLOC];
  module[MALLOC] = (sizeBytes) => {
    const address = allocate(sizeBytes);
    if (address === 0 && sizeBytes > 0) {
      const heapMegabytes = Math.round(module.HEAPU8.byteLength / 2 ** 20);
      throw new HoneError(
        'out-of-memory',
        `The training heap of ${heapMegabytes} MB has no room for ${sizeBytes} more bytes; ` +
          'a smaller batch or image size needs less.',
      );
    }
    return address;
  };
  guarded.add(module);
}

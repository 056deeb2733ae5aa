/**
 * The part of the WebAssembly API that loading the kernels takes. TypeScript has it only with the browser's whole
 * library, which does not belong in code that runs in Node.
 */
declare namespace WebAssembly {
  class Memory {
    /** Sizes in pages of 64 KiB. */
    constructor(size: { readonly initial: number });
    readonly buffer: ArrayBuffer;
  }
  const Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  const Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

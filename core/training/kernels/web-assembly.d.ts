/**
 * The part of the WebAssembly API that loading the kernels takes. TypeScript has it only with the browser's whole
 * library, which does not belong in code that runs in Node.
 */
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    readonly exports: Readonly<Record<string, unknown>>;
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
  }
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

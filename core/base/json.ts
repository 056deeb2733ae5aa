/** A value that JSON can hold; numbers may be NaN or infinite, as Python's `json` writes them. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** An object of {@link JsonValue}s. */
export type JsonObject = { readonly [key: string]: JsonValue };

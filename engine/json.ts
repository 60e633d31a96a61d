/** Plain data: all that crosses a process border, a file or a connection. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A plain object of {@linkcode Json}. */
export type JsonObject = { readonly [key: string]: Json };

// Fields that many actions share.
import { isDeferred } from "../plan/deferred.ts";
import { isScript } from "../script/sh.ts";
import { v } from "../schema.ts";

/** A text that may hold deferred values; a deferred value alone becomes its token. */
export const text = v.pipe(
  v.unknown(),
  v.transform((value) => isDeferred(value) ? value.toString() : value),
  v.string(),
  v.check((value) => !value.includes("\0"), "must not hold a NUL byte"),
);

/** One line of text. */
export const line = v.pipe(text, v.check((value) => !/[\n\r]/.test(value), "must be one line"));

/** An absolute path on the node; slashes that say nothing are dropped. */
export const path = v.pipe(
  text,
  v.check((value) => value.startsWith("/"), "must be an absolute path"),
  v.check((value) => !/\/\.{1,2}(?:\/|$)/.test(value), "must not have . or .. in it"),
  v.transform((value) => value.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "")),
);

const MODE = 'must be a mode like "0644" or "u=rw,g=r"';

/** A mode as `0644`, `644`, or symbolic as `u=rw,g=r`. */
export const mode = v.pipe(
  v.string(MODE),
  v.regex(/^(?:[0-7]{3,4}|[ugoa]*[-+=][rwxXst]*(?:,[ugoa]*[-+=][rwxXst]*)*)$/, MODE),
);

/** A user or group name, or a numeric id as text. */
export const account = v.pipe(
  text,
  v.nonEmpty("must not be empty"),
  v.regex(/^[^-:\n\0][^:\n\0]*$/, "must be a user or group name"),
);

/** Name of a user or group that is made: what the tools of both families of systems take. */
export const newAccount = v.pipe(
  text,
  v.regex(/^[^-+~:,/\s\p{Cc}][^:,/\s\p{Cc}]*$/u, "must be a user or group name, without spaces and : , /"),
  v.check((value) => !/^\d+$/.test(value), "must not be a number alone"),
);

/** Owner and group of what an action leaves. */
export const ownership = {
  owner: v.exactOptional(account),
  group: v.exactOptional(account),
};

/** What owner, group and mode settle. Modes as `u+x` add to each other; the same number may be spelled in two ways. */
export function ownershipOf(
  { owner, group, mode }: { readonly owner?: string; readonly group?: string; readonly mode?: string },
): Readonly<Record<string, string | undefined>> {
  return { owner, group, mode: mode !== undefined && /^\d+$/.test(mode) ? mode.padStart(4, "0") : undefined };
}

/** Bash that the user wrote with `sh`; a text would be one that nothing was quoted in. */
export const script = v.pipe(
  v.unknown(),
  v.check(isScript, "must be made with sh`...`, which quotes what is put into it"),
  v.transform((value) => isScript(value) ? { type: value.type, text: value.text } : value),
  v.object({ type: v.literal("script"), text }),
);

/** A number of seconds; fractions count. */
export const seconds = v.pipe(
  v.number(),
  v.check((value) => Number.isFinite(value) && value >= 0, "must be 0 or more seconds"),
);

/** A limit of time in seconds. */
export const limit = v.pipe(seconds, v.minValue(1, "must be 1 second or more"));

/** A count. */
export const count = v.pipe(
  v.number(),
  v.check((value) => Number.isInteger(value) && value >= 0, "must be a count"),
);

/** A TCP or UDP port. */
export const port = v.pipe(
  v.number(),
  v.check((value) => Number.isInteger(value) && value >= 1 && value <= 65535, "must be a port, 1 to 65535"),
);

/** A host name or an address. */
export const host = v.pipe(
  text,
  v.nonEmpty("must not be empty"),
  v.check((value) => !/[\s/]/.test(value), "must be a host name or an address"),
);

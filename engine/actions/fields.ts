// Fields that many actions share.
import { isDeferred } from "../plan/deferred.ts";
import { v } from "../schema.ts";

/** A text that may hold deferred values; a deferred value alone becomes its token. */
export const text = v.pipe(
  v.unknown(),
  v.transform((value) => isDeferred(value) ? value.toString() : value),
  v.string(),
);

/** An absolute path on the node. */
export const path = v.pipe(
  text,
  v.check((value) => value.startsWith("/"), "must be an absolute path"),
  v.check((value) => !value.includes("\0"), "must not hold a NUL byte"),
);

/** A mode as `0644`, `644`, or symbolic as `u=rw,g=r`. */
export const mode = v.pipe(
  v.string(),
  v.regex(
    /^(?:[0-7]{3,4}|[ugoa]*[-+=][rwxXst]*(?:,[ugoa]*[-+=][rwxXst]*)*)$/,
    'must be a mode like "0644" or "u=rw,g=r"',
  ),
);

/** A user or group name, or a numeric id as text. */
export const account = v.pipe(
  text,
  v.nonEmpty("must not be empty"),
  v.regex(/^[^-:\n\0][^:\n\0]*$/, "must be a user or group name"),
);

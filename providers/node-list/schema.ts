import { object, v } from "../../engine/schema.ts";
import { credential } from "../../engine/secrets/credential.ts";
import { parseJump } from "../../engine/transport/ssh_config/jump.ts";

const name = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w.-]*$/, "must be a name of letters, digits, dots, dashes and underscores"),
);
const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
// What begins with a dash would be an option to whoever is handed it.
const address = v.pipe(v.string(), v.regex(/^[^-\s]\S*$/, "must be a host name or an IP address"));
const port = v.pipe(
  v.number(),
  v.integer("must be a whole number"),
  v.minValue(1, "must be 1 to 65535"),
  v.maxValue(65535, "must be 1 to 65535"),
);
const user = v.pipe(v.string(), v.regex(/^[^-\s:@][^\s:@]*$/, "must be a user name"));
const hostKey = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( .*)?$/, "must be a public key such as `ssh-ed25519 AAAA...`"),
);
const jump = v.pipe(
  v.string(),
  v.check(
    (hops) => parseJump(hops) !== undefined,
    "must be hosts such as `admin@bastion:22`, nearest first, with commas between them, or `none`",
  ),
);

/** What every node has unless it says otherwise. */
const shared = {
  user: v.optional(user),
  port: v.optional(port),
  identities: v.optional(v.array(text)),
  password: v.optional(credential),
  jump: v.optional(jump),
  "forward-agent": v.optional(v.boolean()),
};

const node = object({
  ...shared,
  name,
  group: v.optional(name),
  address,
  "private-address": v.optional(address),
  tags: v.optional(v.record(v.string(), v.string())),
  "host-keys": v.optional(v.array(hostKey)),
  os: v.optional(text),
});

/** Options of a service of this provider. */
export const optionsSchema = object({ ...shared, nodes: v.array(node) });

/** {@linkcode optionsSchema} as a type. */
export type Options = v.InferOutput<typeof optionsSchema>;

/** One machine of the list. */
export type Entry = Options["nodes"][number];

import { homedir } from "node:os";
import { resolve } from "node:path";
import { PalletError } from "../../engine/errors.ts";
import type { ServiceConfig } from "../../engine/provider/provider.ts";
import { map, object, type Schema, v, validate } from "../../engine/schema.ts";
import type { SshRoute } from "../../engine/transport/connection.ts";

/** A hop on the way to nodes. */
type JumpHop = NonNullable<SshRoute["jump"]>[number];

/** Options of an EC2 service, all with a default. */
export interface Ec2Options {
  /** Told by the profile or by AWS_REGION unless told here. */
  readonly region?: string;
  readonly profile?: string;
  /** Where a compatible cloud answers. */
  readonly endpoint?: string;
  /** What is ours carries this; services of one scope share their nodes. */
  readonly scope: string;
  readonly subnet?: string;
  readonly vpc?: string;
  /** What nodes are reached by: an address, or their id, which ssh's configuration knows a way to. */
  readonly address: "public" | "private" | "id";
  /** Hops on the way to nodes; nothing: what ssh's configuration says. */
  readonly jump?: readonly JumpHop[];
  /** Name of a key pair that there is; `import`: made from the public key; `none`: the key goes with the user data. */
  readonly keyPair: string;
  /** Public key that can log in to new nodes: a file, or the line itself. */
  readonly publicKey?: string;
  /** Private key to log in with, a file; ssh's configuration and agent unless told. */
  readonly privateKey?: string;
  /** Networks that reach port 22. */
  readonly sshFrom: readonly string[];
  /** Image and type for specs that ask for none. */
  readonly image?: string;
  readonly hardware?: string;
  readonly iamInstanceProfile?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Seconds for each step until a node is ready, for stopping, and for one call. */
  readonly limits: Limits;
  readonly maxAttempts: number;
}

/** Seconds. */
export interface Limits {
  readonly running: number;
  readonly address: number;
  readonly port: number;
  /** How long the console may take to show the host keys; without them ssh decides by what it knows. */
  readonly console: number;
  readonly stop: number;
  readonly gone: number;
  readonly call: number;
}

const seconds = v.optional(v.pipe(v.number(), v.minValue(0, "must be a number of seconds")));
const name = v.pipe(v.string(), v.minLength(1, "must not be empty"));
const cidr = v.pipe(
  v.string(),
  v.regex(/^[0-9a-fA-F.:]+\/\d{1,3}$/, "must be a network like 203.0.113.0/24"),
);

/** What an EC2 service takes. */
export const optionsSchema = object({
  region: v.optional(
    v.pipe(v.string(), v.regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, "must be a region like eu-west-1")),
  ),
  profile: v.optional(name),
  endpoint: v.optional(v.pipe(v.string(), v.url("must be a URL"))),
  prefix: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]*$/, "must be letters, digits, dots, dashes")),
  ),
  subnet: v.optional(name),
  vpc: v.optional(name),
  address: v.optional(v.picklist(["public", "private", "id"])),
  jump: v.optional(name),
  "key-pair": v.optional(name),
  "public-key": v.optional(name),
  "private-key": v.optional(name),
  "ssh-from": v.optional(v.array(cidr)),
  image: v.optional(name),
  hardware: v.optional(name),
  "iam-instance-profile": v.optional(name),
  tags: v.optional(map(name, v.string())),
  "max-attempts": v.optional(
    v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(1, "must be at least 1")),
  ),
  timeouts: v.optional(object({
    running: seconds,
    address: seconds,
    port: seconds,
    console: seconds,
    stop: seconds,
    gone: seconds,
    call: seconds,
  })),
});

/** `admin@bastion:2222,inner` as hops; `undefined` when it is none. */
export function parseJump(text: string): readonly JumpHop[] | undefined {
  if (text === "none") return [];
  const hops = text.split(",").map((part) =>
    /^(?:(?<user>[^@\s]+)@)?(?<host>\[[0-9A-Fa-f:]+\]|[^@:\s]+)(?::(?<port>\d+))?$/.exec(part.trim())?.groups
  );
  const parsed: JumpHop[] = [];
  for (const hop of hops) {
    const { user, host, port } = hop ?? {};
    if (host === undefined) return undefined;
    parsed.push({
      host: host.replace(/^\[|\]$/g, ""),
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port: Number(port) }),
    });
  }
  return parsed;
}

/** An absolute path; `~` is the user's folder. */
export function absolute(path: string, folder: string | undefined): string {
  return path.startsWith("~/") ? resolve(homedir(), path.slice(2)) : resolve(folder ?? ".", path);
}

/**
 * The options of a service.
 *
 * @throws {PalletError} of kind `config` that names service, key and value.
 */
export function ec2Options(service: ServiceConfig): Ec2Options {
  const where = service.origin === undefined ? {} : { origin: service.origin };
  const given = validate(optionsSchema as Schema<v.InferOutput<typeof optionsSchema>>, service.options, {
    what: `options of service "${service.name}"`,
    kind: "config",
    ...where,
  });
  const refuse = (message: string, help: string): never => {
    throw new PalletError(`Invalid options of service "${service.name}": ${message}`, {
      kind: "config",
      help,
      ...where,
    });
  };
  const jump = given.jump === undefined ? undefined : parseJump(given.jump) ??
    refuse(`jump: no hops: "${given.jump}"`, "For example: jump: admin@bastion.example.com:22");
  for (const key of Object.keys(given.tags ?? {})) {
    if (/^(?:aws:|pallet\/)/.test(key)) refuse(`tags: "${key}" is not yours to set`, "Choose another key.");
  }
  const key = given["public-key"];
  const publicKey = key === undefined || /^(?:ssh|ecdsa|sk)-\S+ /.test(key)
    ? key
    : absolute(key, service.baseDir);
  const privateKey = given["private-key"];
  const iam = given["iam-instance-profile"];
  const { running, address, port, console, stop, gone, call } = given.timeouts ?? {};
  return {
    scope: `${given.prefix ?? ""}${service.name}`,
    address: given.address ?? "public",
    keyPair: given["key-pair"] ?? "import",
    sshFrom: given["ssh-from"] ?? ["0.0.0.0/0", "::/0"],
    tags: given.tags ?? {},
    maxAttempts: given["max-attempts"] ?? 8,
    limits: {
      running: running ?? 300,
      address: address ?? 60,
      port: port ?? 300,
      console: console ?? 20,
      stop: stop ?? 600,
      gone: gone ?? 600,
      call: call ?? 60,
    },
    ...(given.region === undefined ? {} : { region: given.region }),
    ...(given.profile === undefined ? {} : { profile: given.profile }),
    ...(given.endpoint === undefined ? {} : { endpoint: given.endpoint }),
    ...(given.subnet === undefined ? {} : { subnet: given.subnet }),
    ...(given.vpc === undefined ? {} : { vpc: given.vpc }),
    ...(jump === undefined ? {} : { jump }),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(privateKey === undefined ? {} : { privateKey: absolute(privateKey, service.baseDir) }),
    ...(given.image === undefined ? {} : { image: given.image }),
    ...(given.hardware === undefined ? {} : { hardware: given.hardware }),
    ...(iam === undefined ? {} : { iamInstanceProfile: iam }),
  };
}

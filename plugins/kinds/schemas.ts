// What a provider's answers must be; what else they hold is an error, so that a slip is seen where it is made.
import type { Json } from "../../engine/json.ts";
import { object, type Schema, v } from "../../engine/schema.ts";
import type {
  Capabilities,
  CreateResult,
  Estimate,
  Hardware,
  Image,
  Problem,
  Readiness,
} from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { SshRoute } from "../../engine/transport/connection.ts";

const text = v.string();
const name = v.pipe(text, v.regex(/^[\w.-]+$/, "must be letters, digits, dots, dashes and underscores"));
const id = v.pipe(text, v.regex(/^\S+$/, "must be a text without spaces"));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0, "must be 0 or more"));
const port = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1, "must be a port"),
  v.maxValue(65535, "must be a port"),
);
const os = object({ id: text, family: text, version: text, codename: text });
const lineless = v.pipe(text, v.regex(/^[^\s\0-][^\s\0]*$/, "must be one word that begins with no dash"));

export const capabilities: Schema<Capabilities> = object({
  create: v.boolean(),
  destroy: v.boolean(),
  stop: v.boolean(),
  tag: v.boolean(),
  tagStore: v.exactOptional(v.literal("node")),
});

export const image: Schema<Image> = object({
  id,
  os,
  arch: text,
  description: text,
  origin: text,
  loginUser: text,
});

export const hardware: Schema<Hardware> = object({
  id,
  cores: amount,
  ram: amount,
  disk: v.exactOptional(amount),
  description: text,
  origin: text,
});

export const problem: Schema<Problem> = object({ path: text, message: text, help: v.exactOptional(text) });

const nodeEntries = {
  id,
  name,
  group: v.exactOptional(text),
  state: v.picklist(["pending", "running", "stopped", "failed", "unknown"]),
  primaryIp: v.exactOptional(text),
  privateIp: v.exactOptional(text),
  sshPort: v.exactOptional(port),
  image: v.exactOptional(text),
  unnamed: v.exactOptional(v.literal(true)),
  hardware: v.exactOptional(object({
    cores: v.exactOptional(amount),
    ram: v.exactOptional(amount),
    disk: v.exactOptional(amount),
  })),
  os: v.exactOptional(os),
  tags: v.record(text, text),
  createdAt: v.exactOptional(text),
  doubleOf: v.exactOptional(text),
  extra: v.exactOptional(v.record(text, v.custom<Json>(() => true))),
};

/** A node as a plugin tells it; of which service and provider it is, Pallet knows. */
export type ToldNode = Omit<Node, "service" | "provider">;

export const node: Schema<ToldNode> = v.pipe(
  object({ ...nodeEntries, service: v.exactOptional(text), provider: v.exactOptional(text) }),
  v.transform(({ service: _, provider: __, ...told }) => told),
);

/** A {@linkcode CreateResult} as a plugin tells it. */
export type ToldResult = Exclude<CreateResult, { readonly node: Node }> | {
  readonly name: string;
  readonly node: ToldNode;
};

export const createResult: Schema<ToldResult> = v.union([
  object({ name: text, node }),
  object({ name: text, error: text, help: v.exactOptional(text) }),
]);

export const estimate: Schema<Estimate> = object({
  image: text,
  hardware: text,
  pricePerHour: v.exactOptional(amount),
  pricesOf: v.exactOptional(text),
});

export const readiness: Schema<Readiness> = object({
  step: v.picklist(["running", "address", "port", "host-key", "login", "done"]),
  message: text,
});

/** A plugin may name no route to this machine: its nodes would be the workstation. */
export const route: Schema<SshRoute> = object({
  kind: v.literal("ssh"),
  address: lineless,
  port: v.exactOptional(port),
  user: v.exactOptional(lineless),
  hostKeyAlias: lineless,
  hostKeys: v.array(text),
  identities: v.array(v.pipe(text, v.nonEmpty("must be a path"))),
  name: v.exactOptional(text),
  jump: v.exactOptional(v.array(object({
    host: lineless,
    user: v.exactOptional(lineless),
    port: v.exactOptional(port),
  }))),
  sshConfig: v.exactOptional(v.literal(false)),
});

export function list<T>(of: Schema<T>): Schema<readonly T[]> {
  return v.array(of);
}

export function orNothing<T>(of: Schema<T>): Schema<T | undefined> {
  return v.pipe(v.nullable(of), v.transform((value) => value ?? undefined));
}

/** What is answered by a call that is made for what it does. */
export const nothing: Schema<undefined> = v.pipe(v.unknown(), v.transform(() => undefined));

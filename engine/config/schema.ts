import type { Json, JsonObject } from "../json.ts";
import { isJson, isJsonObject } from "./json_value.ts";
import { projectParts } from "./yaml_project/schema.ts";
import { map, object, type Schema, v } from "../schema.ts";
import { credential } from "../secrets/credential.ts";
import { scheduleEntries, scheduleSeconds } from "../spec/schedule_spec.ts";
import { secretSources } from "./secrets.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const data = v.custom<JsonObject>(isJsonObject, "must be a map of plain data");
/** An environment; what it may hold is not the schema's to say, see {@linkcode environmentProblems}. */
export const environmentData = v.custom<JsonObject>(isJsonObject, "must be a map of plain data");
const seconds = v.pipe(v.number(), v.minValue(0, "must be 0 seconds or more"));
const serviceName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w.-]*$/, "must be a name of letters, digits, dots, dashes and underscores"),
);

/** Grants of one sort: each names one thing. A comma separates them where they are handed to the runtime. */
const grants = (form: RegExp, problem: string) => v.array(v.pipe(v.string(), v.regex(form, problem)));
const paths = grants(/^[^,\0]+$/, "must be a path without a comma");

/** `4` or `25%`. */
const amount = v.union([
  v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(0, "must be 0 or more")),
  v.pipe(v.string(), v.regex(/^\d{1,3}%$/, 'must be a whole number or a percentage such as "25%"')),
]) as Schema<number | `${number}%`>;

const positive = v.pipe(v.number(), v.minValue(1, "must be 1 or more"));
const user = v.pipe(v.string(), v.regex(/^[^-\s:@][^\s:@]*$/, "must be a user name"));

/** What is done with host keys that nobody has told of. */
const hostKeys = v.picklist(["strict", "accept-new"]);

/** Who logs in to nodes that are set up. */
const adminUserEntries = {
  username: v.optional(user),
  "private-key": v.optional(text),
  "public-key": v.optional(text),
  passphrase: v.optional(credential),
  become: v.optional(v.picklist(["auto", "sudo", "su", "doas", "none"])),
  "become-password": v.optional(credential),
  "host-keys": v.optional(hostKeys),
};
const adminUser = object(adminUserEntries);

/** A service as a file has it: what else it holds is its provider's to judge. */
const service = v.objectWithRest(
  {
    provider: text,
    "admin-user": v.optional(adminUser),
    "host-keys": v.optional(hostKeys),
    environment: v.optional(environmentData),
  },
  v.custom<Json>(isJson),
);

/** Extras of models by provider. */
const extras = map(text, data);

/** An image that somebody has made, for providers that make nodes from models. */
const imageModel = object({
  os: v.pipe(
    v.string(),
    v.regex(/^[a-z][a-z0-9_.]*(?:-[\w.]+)?$/, 'must be a system and its version, as "debian-12"'),
  ),
  description: v.optional(text),
  architecture: v.optional(text),
  disk: v.optional(text),
  username: v.optional(user),
  "private-key": v.optional(text),
  password: v.optional(credential),
  provider: v.optional(extras),
});

/** A size for nodes. */
const hardwareModel = object({
  cores: v.optional(v.pipe(positive, v.integer("must be a whole number"))),
  ram: v.optional(positive),
  disk: v.optional(positive),
  description: v.optional(text),
  provider: v.optional(extras),
});

const modelEntries = {
  images: v.optional(map(serviceName, imageModel)),
  hardware: v.optional(map(serviceName, hardwareModel)),
};

/** What a plugin may do, by Deno's words: lists of paths, hosts, programs, variables, facts of the system. */
const permissions = object({
  read: v.optional(paths),
  write: v.optional(paths),
  net: v.optional(
    grants(
      /^(?:[\w*.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/,
      'must be a host, or a host and a port: "api.example.com:443"',
    ),
  ),
  run: v.optional(grants(/^[^,\0]+$/, "must be a program without a comma in its name")),
  env: v.optional(grants(/^[A-Za-z_]\w*$/, "must be the name of a variable")),
  sys: v.optional(grants(/^[A-Za-z]+$/, 'must be one of Deno\'s names for facts of a system, as "hostname"')),
});

const plugin = object({
  from: text,
  kind: v.picklist(["provider", "reporter", "notifier", "secret-source"]),
  permissions: v.optional(permissions),
  options: v.optional(data),
  timeout: v.optional(v.pipe(v.number(), v.minValue(0.1, "must be 0.1 seconds or more"))),
});

const userEntries = {
  services: v.optional(map(serviceName, service)),
  "default-service": v.optional(text),
  "admin-user": v.optional(adminUser),
  "ssh-config": v.optional(text),
  environment: v.optional(environmentData),
  environments: v.optional(map(serviceName, environmentData)),
  "default-environment": v.optional(text),
  ...modelEntries,
  plugins: v.optional(map(serviceName, plugin)),
  secrets: v.optional(secretSources),
  defaults: v.optional(object({
    parallel: v.optional(
      v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(1, "must be 1 or more")),
    ),
    batch: v.optional(amount),
    "max-fail": v.optional(amount),
    "connect-timeout": v.optional(seconds),
    "reconnect-timeout": v.optional(seconds),
    "first-login-timeout": v.optional(seconds),
    "cloud-init-timeout": v.optional(seconds),
    "lease-wait": v.optional(seconds),
    "evaluate-timeout": v.optional(v.pipe(v.number(), v.minValue(0.1, "must be 0.1 seconds or more"))),
  })),
};

/** A command that runs by itself. */
const schedule = object({
  ...scheduleEntries,
  "time-limit": v.optional(scheduleSeconds),
  "catch-up": v.optional(v.boolean()),
});

const projectEntries = {
  ...userEntries,
  infra: v.optional(text),
  ...projectParts,
  schedules: v.optional(map(serviceName, schedule)),
  permissions: v.optional(
    object({ workstation: v.optional(v.boolean()), "local-files": v.optional(v.array(text)) }),
  ),
};

/** What the user's `config.yaml` may hold. */
export const userSchema = object(userEntries);

/** What a project's `pallet.yaml` may hold. */
export const projectSchema = object(projectEntries);

/** What a file of one service, `services/NAME.yaml`, may hold. */
export const serviceSchema = service;

/** What a file of models, `models/NAME.yaml`, may hold. */
export const modelsSchema = object(modelEntries);

/** Content of a configuration file; the user's own lacks `infra` and `permissions`. */
export type FileValues = v.InferOutput<typeof projectSchema>;

/** A service as a file has it. */
export type ServiceValues = NonNullable<FileValues["services"]>[string];

/** Who logs in, as a file has it. */
export type AdminUserValues = NonNullable<FileValues["admin-user"]>;

/** An image as a file has it. */
export type ImageValues = NonNullable<FileValues["images"]>[string];

/** A size as a file has it. */
export type HardwareValues = NonNullable<FileValues["hardware"]>[string];

/** A plugin as a file has it. */
export type PluginValues = NonNullable<FileValues["plugins"]>[string];

/** A schedule as a file has it. */
export type ScheduleValues = NonNullable<FileValues["schedules"]>[string];

/** What a plugin is granted. */
export type PluginPermissions = NonNullable<PluginValues["permissions"]>;

/** What `defaults` may hold. */
export type Defaults = NonNullable<FileValues["defaults"]>;

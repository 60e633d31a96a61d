// What specs may hold.
import { object, v } from "../schema.ts";
import { isPlainObject, plainProblem } from "./plain.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const count = v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(0, "must be 0 or more"));
const positive = v.pipe(v.number(), v.check((value) => value > 0, "must be more than 0"));

function isRegExp(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}

const pattern = v.pipe(text, v.check(isRegExp, "must be a regular expression"));

/** The keys of an image spec. */
export const image = object({
  imageId: v.optional(text),
  osFamily: v.optional(text),
  osVersion: v.optional(text),
  osVersionMatches: v.optional(pattern),
  osNameMatches: v.optional(pattern),
  osDescriptionMatches: v.optional(pattern),
  osArchMatches: v.optional(pattern),
  os64Bit: v.optional(v.boolean()),
  imageNameMatches: v.optional(pattern),
  imageVersionMatches: v.optional(pattern),
  imageDescriptionMatches: v.optional(pattern),
  hypervisorMatches: v.optional(pattern),
  overrideLoginUser: v.optional(text),
});

const hardware = object({
  hardwareId: v.optional(text),
  minCores: v.optional(positive),
  minRam: v.optional(positive),
  minDisk: v.optional(positive),
  smallest: v.optional(v.boolean()),
  fastest: v.optional(v.boolean()),
  biggest: v.optional(v.boolean()),
  architecture: v.optional(text),
});

const portNumber = v.pipe(
  v.number(),
  v.integer("must be a port, 1 to 65535"),
  v.minValue(1, "must be a port, 1 to 65535"),
  v.maxValue(65535, "must be a port, 1 to 65535"),
);

const portRange = v.pipe(
  object({
    startPort: portNumber,
    endPort: v.optional(portNumber),
    protocol: v.optional(v.picklist(["tcp", "udp", "icmp"])),
  }),
  v.check(
    (range) => range.endPort === undefined || range.endPort >= range.startPort,
    "must not end before it starts",
  ),
);

/** A port by number or as a range: told apart first, so that a wrong range is told by its own keys. */
const port = v.lazy((value) => isPlainObject(value) ? portRange : portNumber);

const data = v.pipe(
  v.unknown(),
  v.check(
    (value) => isPlainObject(value) && plainProblem(value) === undefined,
    "must be an object of plain data",
  ),
);

/** The keys of a node spec. */
export const node = object({
  image: v.optional(image),
  hardware: v.optional(hardware),
  location: v.optional(object({ locationId: v.optional(text), subnetId: v.optional(text) })),
  network: v.optional(object({ inboundPorts: v.optional(v.array(port)) })),
  qos: v.optional(object({ spotPrice: v.optional(positive), enableMonitoring: v.optional(v.boolean()) })),
  provider: v.optional(v.record(text, data)),
});

/** Names of phases stand in file names and in comma-separated lists of the command line. */
const phaseName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'must be a phase name: letters, digits, "-" and "_"'),
);

const hooks = object({
  partition: v.optional(v.function()),
  postPhase: v.optional(v.function()),
});

const uniqueNames = v.pipe(
  v.array(phaseName),
  v.check((names) => new Set(names).size === names.length, "must not name a phase twice"),
);

/** The name of a group or a cluster, first part of its nodes' host names. */
export const name = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
    'must be lower-case letters, digits and "-", neither first nor last, as host names are',
  ),
);

/** Longest name of a group: a host name has 63 characters, and `-999` must fit. */
export const LONGEST_NAME = 59;

const server = {
  extends: v.optional(v.unknown()),
  phases: v.optional(v.record(phaseName, v.function())),
  phasesMeta: v.optional(v.record(phaseName, hooks)),
  defaultPhases: v.optional(uniqueNames),
  roles: v.optional(v.lazy((value) => Array.isArray(value) ? v.array(text) : text)),
  packager: v.optional(v.picklist(["apt", "dnf"])),
  nodeSpec: v.optional(node),
};

/** Phases alone, as an environment has them. */
export const phasesOnly = object({ phases: server.phases });

const group = {
  ...server,
  count: v.optional(count),
  nodeFilter: v.optional(v.function()),
  after: v.optional(v.array(text)),
};

/** The keys of a server spec. */
export const serverKeys = object(server);
/** The keys of a group spec, without its name. */
export const groupKeys = object(group);
/** The keys of a group spec that another spec extends: its name may be there and is not inherited. */
export const extendedKeys = object({ ...group, name: v.optional(name) });
/** The keys of a cluster spec, without its name. */
export const clusterKeys = object({
  groups: v.array(v.unknown()),
  extends: server.extends,
  phases: server.phases,
  nodeSpec: server.nodeSpec,
  roles: server.roles,
});

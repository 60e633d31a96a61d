import type { Json, JsonObject } from "../json.ts";
import type { Origin } from "../errors.ts";
import type { PlanResult, TargetContext } from "../plan/context.ts";

/** Which image a node is made from; `*Matches` are regular expressions, as text, that match the whole value. */
export interface ImageSpec {
  readonly imageId?: string;
  /** `debian`, `ubuntu`, `fedora`, `rocky`, ... */
  readonly osFamily?: string;
  readonly osVersion?: string;
  readonly osVersionMatches?: string;
  readonly osNameMatches?: string;
  readonly osDescriptionMatches?: string;
  readonly osArchMatches?: string;
  readonly os64Bit?: boolean;
  readonly imageNameMatches?: string;
  readonly imageVersionMatches?: string;
  readonly imageDescriptionMatches?: string;
  readonly hypervisorMatches?: string;
  /** The user to log in as on a fresh node, in place of the image's own. */
  readonly overrideLoginUser?: string;
}

/** How large a node is. */
export interface HardwareSpec {
  readonly hardwareId?: string;
  readonly minCores?: number;
  /** Megabytes. */
  readonly minRam?: number;
  /** Gigabytes. */
  readonly minDisk?: number;
  readonly smallest?: boolean;
  readonly fastest?: boolean;
  readonly biggest?: boolean;
  readonly architecture?: string;
}

/** Where a node stands. */
export interface LocationSpec {
  readonly locationId?: string;
  readonly subnetId?: string;
}

/** A port, or a range of ports with a protocol (`tcp` unless told). */
export type PortSpec = number | {
  readonly startPort: number;
  readonly endPort?: number;
  readonly protocol?: string;
};

/** What reaches a node from outside. */
export interface NetworkSpec {
  readonly inboundPorts?: readonly PortSpec[];
}

/** Quality of service. */
export interface QosSpec {
  readonly spotPrice?: number;
  readonly enableMonitoring?: boolean;
}

/** What a node is made of. `provider` holds extras by provider name, e.g. `{ lab: {...} }`. */
export interface NodeSpec {
  readonly image?: ImageSpec;
  readonly hardware?: HardwareSpec;
  readonly location?: LocationSpec;
  readonly network?: NetworkSpec;
  readonly qos?: QosSpec;
  readonly provider?: Readonly<Record<string, JsonObject>>;
}

/** A phase of a spec: a pure function of its target that returns actions as data. */
export type PlanFunction = (context: TargetContext) => PlanResult | Promise<PlanResult>;

/** A target as hooks see it: plain data. */
export interface HookTarget {
  readonly name: string;
  readonly groups: readonly string[];
  readonly primaryIp?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Outcome of one target in one phase, as {@linkcode PhaseMeta.postPhase} sees it. */
export interface HookResult {
  readonly target: string;
  readonly result: "ok" | "failed" | "skipped" | "unknown";
  readonly changed: number;
  readonly error?: string;
}

/** Per-phase hooks. Functions stay where infra files are evaluated; they get and return plain data. */
export interface PhaseMeta {
  /** Splits targets into batches that run one after the other. */
  readonly partition?: (targets: readonly HookTarget[]) => readonly (readonly string[])[];
  /** Called after the phase, before its failures stop the run. */
  readonly postPhase?: (results: readonly HookResult[], phase: string) => void | Promise<void>;
}

/** Configuration without a machine. */
export interface ServerSpec {
  readonly extends?: ServerSpec | readonly ServerSpec[];
  readonly phases?: Readonly<Record<string, PlanFunction>>;
  readonly phasesMeta?: Readonly<Record<string, PhaseMeta>>;
  /** Run by converge and lift when no phase is asked for; `["configure"]` unless told. */
  readonly defaultPhases?: readonly string[];
  readonly roles?: string | readonly string[];
  /** Overrides the operating system's own packager: `apt` or `dnf`. */
  readonly packager?: string;
  readonly nodeSpec?: NodeSpec;
}

/** A name, a node spec, server specs and a count: identical nodes. */
export interface GroupSpec extends ServerSpec {
  readonly name: string;
  readonly count?: number;
  /** Which existing nodes belong to the group, in place of its name. */
  readonly nodeFilter?: (node: HookNode) => boolean;
  /** Groups whose nodes finish a phase before this group's begin it. */
  readonly after?: readonly string[];
}

/** A node as {@linkcode GroupSpec.nodeFilter} sees it: plain data. */
export interface HookNode {
  readonly name: string;
  readonly group?: string;
  readonly primaryIp?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A named set of groups, with phases and specs common to all; group names get the prefix `<cluster>-`. */
export interface ClusterSpec {
  readonly name: string;
  readonly groups: readonly GroupSpec[];
  readonly extends?: ServerSpec | readonly ServerSpec[];
  readonly phases?: Readonly<Record<string, PlanFunction>>;
  readonly nodeSpec?: NodeSpec;
  readonly roles?: string | readonly string[];
}

/** One plan function of a composed phase, with the place that defined it. */
export interface PhasePart {
  readonly run: PlanFunction;
  readonly origin: Origin;
}

/** A group with everything it extends folded in (reference: the merge rules in docs/architecture.md). */
export interface MergedGroup {
  readonly name: string;
  /** The cluster it came from, if any. */
  readonly cluster?: string;
  readonly nodeSpec: NodeSpec;
  readonly count?: number;
  readonly roles: readonly string[];
  readonly defaultPhases: readonly string[];
  readonly packager?: string;
  readonly after: readonly string[];
  /** Composed phases: inherited parts first, in order, own last; a part reached by two ways stands once. */
  readonly phases: Readonly<Record<string, readonly PhasePart[]>>;
  readonly phasesMeta: Readonly<Record<string, PhaseMeta>>;
  readonly nodeFilter?: (node: HookNode) => boolean;
  readonly origin: Origin;
}

/** A merged group as plain data: what leaves the sandbox. Hooks are named by id and called through the sandbox. */
export interface GroupSummary {
  readonly name: string;
  readonly cluster?: string;
  readonly nodeSpec: NodeSpec;
  readonly count?: number;
  readonly roles: readonly string[];
  readonly defaultPhases: readonly string[];
  readonly packager?: string;
  readonly after: readonly string[];
  readonly phases: Readonly<Record<string, readonly Origin[]>>;
  readonly hooks: Readonly<Record<string, { readonly partition?: string; readonly postPhase?: string }>>;
  readonly nodeFilter?: string;
  readonly origin: Origin;
}

/** The admin user as an environment has it. */
export type EnvironmentUser = {
  readonly username?: string;
  readonly privateKey?: string;
  readonly publicKey?: string;
  /** How it becomes root; `auto` (by sudo, unless it is root) unless told, `none`: it stays what it is. */
  readonly become?: "auto" | "sudo" | "su" | "doas" | "none";
  /** Host keys that nobody has told of: refused without asking, or taken; what ssh's configuration says unless told. */
  readonly hostKeys?: "strict" | "accept-new";
};

/**
 * Layered data that changes a run without editing specs. `image`, `counts`, `packager` and free keys; `groups` holds
 * the same for one group by name and wins over it. Nodes fetch packages and files through `proxy`, but from hosts that
 * `noProxy` lists; this machine fetches crates through it where neither `HTTPS_PROXY` nor its like says otherwise. A
 * group's own `proxy` is for its nodes alone.
 */
export interface Environment {
  readonly proxy?: string;
  readonly noProxy?: readonly string[];
  /** Who logs in to nodes that are set up. Plans see the name, and the public key as a text. */
  readonly user?: EnvironmentUser;
  readonly image?: ImageSpec;
  readonly count?: number;
  readonly groups?: Readonly<Record<string, Environment>>;
  readonly [key: string]: Json | Environment | ImageSpec | Readonly<Record<string, Environment>> | undefined;
}

/** What {@linkcode environmentSpec} takes: an {@linkcode Environment} with phases, also in its groups. */
export interface EnvironmentValues {
  readonly proxy?: string;
  readonly noProxy?: readonly string[];
  readonly user?: EnvironmentUser;
  readonly image?: ImageSpec;
  readonly count?: number;
  readonly packager?: string;
  readonly phases?: Readonly<Record<string, PlanFunction>>;
  readonly groups?: Readonly<Record<string, EnvironmentValues>>;
  readonly [key: string]:
    | Json
    | ImageSpec
    | Readonly<Record<string, PlanFunction>>
    | Readonly<Record<string, EnvironmentValues>>
    | undefined;
}

/** What a schedule is: a command, its times, and what is told of it. Times of day are those of `zone`. */
export interface ScheduleOptions {
  /** Minute, hour, day, month, weekday: `0 3 * * *`; or `@daily` and the like. */
  readonly cron: string;
  /** What stands behind `pallet` on a command line, as a text or word by word. */
  readonly command: string | readonly string[];
  /** The workstation's own unless told. */
  readonly zone?: string;
  /** What the workstation has unless told. */
  readonly scheduler?: "systemd-user" | "systemd-system" | "cron" | "launchd" | "windows";
  /** Each start is put off by up to so many seconds. */
  readonly jitter?: number;
  /** Seconds after which a run is ended. */
  readonly timeLimit?: number;
  /** Makes up for a run that was missed. */
  readonly catchUp?: boolean;
  /** Who is told of failures and recoveries by mail. */
  readonly mail?: string;
  /** What is told of failures and recoveries by a POST of JSON. */
  readonly webhook?: string;
  /** File for Prometheus's node exporter, relative to the project's folder. */
  readonly metrics?: string;
}

/** A schedule of an infra file. */
export interface ScheduleSpec {
  readonly name: string;
  readonly options: ScheduleOptions;
}

/** A schedule of an infra file as plain data: what leaves the sandbox. */
export interface ScheduleSummary extends ScheduleSpec {
  readonly origin: Origin;
}

/** A named environment of an infra file; its phases stand apart from its data. */
export interface EnvironmentSpec {
  readonly name: string;
  readonly values: Environment;
  readonly phases: Readonly<Record<string, PlanFunction>>;
  readonly groupPhases: Readonly<Record<string, Readonly<Record<string, PlanFunction>>>>;
}

/** An environment of an infra file as plain data: what leaves the sandbox. */
export interface EnvironmentSummary {
  readonly name: string;
  readonly values: Environment;
  readonly origin: Origin;
  /** Names of the phases that it has, by group. */
  readonly phases: Readonly<Record<string, readonly string[]>>;
}

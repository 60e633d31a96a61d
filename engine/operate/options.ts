import type { Ahead } from "../sandbox/ahead.ts";
import type { Origin } from "../errors.ts";
import type { Event } from "../events.ts";
import type { PhaseCall } from "../plan/types.ts";
import type { ProviderKind, ServiceConfig } from "../provider/provider.ts";
import type { SecretSource } from "../secrets/source.ts";
import type { Models } from "../provider/models.ts";
import type { ReadSecret } from "../secrets/credential.ts";
import type { Secret } from "../secrets/secret.ts";
import type { OsFacts } from "../spec/node.ts";
import type { EnvironmentLayer } from "../spec/environment.ts";
import type { ClusterSpec, Environment, GroupSpec } from "../spec/types.ts";
import type { Ask } from "../transport/ask.ts";
import type { BecomeMethod } from "../transport/become.ts";
import type { CountsPlan } from "./results.ts";

/**
 * Where specs come from: an infra file, evaluated in a child process that may do nothing, or values of the program
 * that embeds the engine, trusted as the program itself is.
 */
export type Source =
  | {
    readonly infra: string;
    readonly crates?: CrateSource;
    /** Seconds to evaluate it, and to make plans; 10 and 30 unless told. */
    readonly evaluateTimeout?: number;
    /** Makes a module of the infra file's text, where that is none by itself: a project in YAML. */
    readonly translate?: (text: string, path: string) => Promise<string>;
    /** The sandbox's process, where it was started before the engine was loaded. */
    readonly ahead?: Ahead;
  }
  | {
    readonly specs: readonly (GroupSpec | ClusterSpec)[];
    /** Folder that files of the project are relative to; the current one unless told. */
    readonly folder?: string;
  };

/** How the crates of an infra file are found. */
export interface CrateSource {
  /** Path of the import map; `deno.json` beside the infra file unless told. */
  readonly importMap?: string;
  /** Refuses what `pallet.lock` does not hold. */
  readonly frozen?: boolean;
  /** Fetches nothing: vendored and cached modules alone. */
  readonly offline?: boolean;
  /** Proxy to fetch through where environment variables name none; an operation's `environment.proxy` unless told. */
  readonly proxy?: string;
  /** Called before each request, with how many there were; a run tells of the first as an event besides. */
  readonly onFetch?: (url: string, count: number) => void;
}

/** Folders of the workstation; made on demand. */
export interface Directories {
  /** Runs and locks; `$XDG_STATE_HOME/pallet` unless told. */
  readonly state: string;
  /** What can be made again; `$XDG_CACHE_HOME/pallet` unless told. */
  readonly cache: string;
}

/**
 * Who to log in as on a node that is bootstrapped, in place of the first user that its provider tells. What is left out
 * comes from the environment's `user`.
 */
export interface AdminUser {
  readonly username?: string;
  /** Path of the private key to log in with. */
  readonly privateKey?: string;
  /** Path of its public half; the private key's own with `.pub` unless told. */
  readonly publicKey?: string;
  /** Paths of several private keys, in place of `privateKey`. */
  readonly identities?: readonly string[];
  /** How it becomes root; `auto` (by sudo, unless it is root) unless told, `none`: it stays what it is. */
  readonly become?: BecomeMethod;
  /** Who says so, for people: `--user`. */
  readonly from?: string;
}

/** A service, the kinds of providers to find its own among, and folders. */
export interface ServiceOptions {
  /** A file in place of `~/.ssh/config` and the system's, or `none` for neither. */
  readonly sshConfig?: string;
  readonly service: ServiceConfig;
  readonly providers: readonly ProviderKind[];
  /** Other services, for one that is made of several. */
  readonly services?: readonly ServiceConfig[];
  /** Images and sizes for providers that make nodes from models. */
  readonly models?: Models;
  readonly directories?: Directories;
  /** Asks a person for what only a person knows; nothing is asked unless told. Each question comes once a run. */
  readonly ask?: Ask;
  /** Passphrases of private keys by their paths; nothing for one that is not known: it is asked for. */
  readonly passphrases?: (path: string, secret: ReadSecret) => Promise<Secret | undefined>;
  /** The password with which a user becomes root, where one is wanted; nothing where it is not known: it is asked for. */
  readonly becomePassword?: (user: string, secret: ReadSecret) => Promise<Secret | undefined>;
  readonly signal?: AbortSignal;
}

/** The environment of a call. */
export interface EnvironmentOptions {
  /** Layers of environment, lowest first; they win over all others. */
  readonly environment?: readonly Environment[];
  /** Layers that know who says them, lowest first: configuration, service, project. */
  readonly environmentLayers?: readonly EnvironmentLayer[];
  /** Environments to select from, by name; those that the infra file exports are others, below these. */
  readonly environments?: Readonly<Record<string, readonly EnvironmentLayer[]>>;
  /** The environment to select: above all layers, below `environment`. */
  readonly selected?: { readonly name: string; readonly origin?: Origin };
}

/** What every operation takes. */
export interface OperationOptions extends ServiceOptions, EnvironmentOptions {
  readonly source: Source;
  /** Called with each event of the run, in order. What it throws ends the run. */
  readonly on?: (event: Event) => void;
  readonly adminUser?: AdminUser;
  /** Files and folders outside of the infra file's own that actions may use, absolute. */
  readonly localFiles?: readonly string[];
  /** Where secrets come from, in the order in which they are asked; closed when the operation is over. */
  readonly secrets?: readonly SecretSource[];
  /** Takes the host key of a node that nobody has told of before, and remembers it. */
  readonly acceptNewHostKeys?: boolean;
  /** Whether `create-group` and `destroy-group` phases may run actions on this workstation; not unless told. */
  readonly allowWorkstation?: boolean;
  /** The command line that asks for it, kept so that {@linkcode Resume} can ask again. */
  readonly commandLine?: { readonly argv: readonly string[]; readonly cwd: string };
  /** Goes on with a run that was ended, in place of a new one; all else is to be as it was then. */
  readonly resume?: Resume;
  /** Seconds; see {@linkcode Timings} for what stands when nothing is told. */
  readonly timings?: Partial<Timings>;
}

/** A run to go on with: what ran is not run again, what runs is followed, and what is left is done. */
export interface Resume {
  readonly run: string;
  /** Asked when the infra file or its crates have changed since; `false`, or nobody to ask, ends the operation. */
  readonly changed?: () => boolean | Promise<boolean>;
}

/** Time limits, in seconds. */
export interface Timings {
  /** TCP, banner, key exchange and login together: 30. */
  readonly connect: number;
  /** Regaining a lost connection: 120. */
  readonly reconnect: number;
  /** How long another run's hold on a node or a group is waited for: 0. */
  readonly leaseWait: number;
  /** After which a hold on a node ends by itself when its run is gone: 120. */
  readonly lease: number;
  /** For which a node that was just made may turn its first user away, as keys are laid while it starts: 60; 0: tried once. */
  readonly firstLogin: number;
  /** From a node's start until its cloud-init must be done, which is waited for: 600; 0: it is not waited for. */
  readonly cloudInit: number;
}

/** What stands for {@linkcode Timings} that are not told. */
export const defaultTimings: Timings = {
  connect: 30,
  reconnect: 120,
  leaseWait: 0,
  lease: 120,
  firstLogin: 60,
  cloudInit: 600,
};

/** Which groups and nodes an operation is about. */
export interface Selection {
  /** Names of groups or clusters; all unless told. Those that are left out stay visible to plans. */
  readonly groups?: readonly string[];
  /** Groups whose nodes are visible to plans, and are left alone even though they would be selected. */
  readonly considerGroups?: readonly string[];
  /** Names of nodes, `*` and `?` allowed; shrinks what is executed, never what plans see. */
  readonly limit?: readonly string[];
  /** The part of the nodes that falls to this runner; shrinks what is executed, never what plans see. */
  readonly shard?: Shard;
}

/** One of several runners that share nodes out by their names. */
export interface Shard {
  /** 1-based. */
  readonly index: number;
  readonly count: number;
}

/** A number, or a percentage of the targets of a phase. */
export type Amount = number | `${number}%`;

/** A phase to run: a name, or a name with arguments. */
export type PhaseRequest = string | PhaseCall;

/** How phases run. */
export interface PhaseOptions {
  /** In this order; the groups' default phases unless told. */
  readonly phases?: readonly PhaseRequest[];
  /** Targets of a phase that run at once, one batch after the other; a failed batch is the last. */
  readonly batch?: Amount;
  /** Targets of a phase that go before all others, alone: should one of them fail, no other starts. */
  readonly canary?: Amount;
  /** Seconds between one batch and the next. */
  readonly pause?: number;
  /** How many targets may fail before nothing new is started; 0 unless told. */
  readonly maxFail?: Amount;
  /** How many targets run at once; no limit unless told. */
  readonly parallel?: number;
  /** One target at a time: `parallel: 1`. */
  readonly serial?: boolean;
  /** Gives the output of scripts as events, as it comes. */
  readonly output?: boolean;
}

/** Consent to what cannot be taken back. */
export interface Consent {
  /** Removes nodes without asking. */
  readonly yes?: boolean;
  /** Called with what will be made and removed before a node is removed; `false` ends the operation, nothing done. */
  readonly confirm?: (counts: CountsPlan) => boolean | Promise<boolean>;
}

/** What {@linkcode converge} takes. */
export interface ConvergeOptions extends OperationOptions, Selection, PhaseOptions, Consent {
  /** Counts by group (or cluster: multiplies its groups' counts), in place of the specs'. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Adjusts counts alone: no phase runs at all, not even `destroy-server`. */
  readonly noPhases?: boolean;
}

/** What {@linkcode lift} takes. */
export interface LiftOptions extends OperationOptions, Selection, PhaseOptions {
  /** Asks the nodes what would change, with diffs, and changes nothing. */
  readonly check?: boolean;
  /** Exit status 3 when a check finds that something would change. */
  readonly detailedExitCode?: boolean;
}

/** What {@linkcode destroy} takes. */
export interface DestroyOptions extends OperationOptions, Omit<Selection, "shard">, PhaseRunOptions, Consent {
  /** Removes nodes without their `destroy-server` and `destroy-group` phases. */
  readonly noPhases?: boolean;
}

/** How phases run that nobody asked for by name. */
export type PhaseRunOptions = Omit<PhaseOptions, "phases" | "batch" | "canary" | "pause">;

/** What {@linkcode plan} takes. */
export interface PlanOptions extends OperationOptions, Selection, PhaseOptions {
  readonly counts?: Readonly<Record<string, number>>;
  readonly noPhases?: boolean;
  /** Asks the nodes that exist what would change, with diffs; opens no connection unless told. */
  readonly check?: boolean;
  /** Exit status 3 when changes are pending. */
  readonly detailedExitCode?: boolean;
  /** Operating system of nodes that nothing is known of yet: `debian-12`. */
  readonly os?: string;
}

/** What {@linkcode exec} takes. */
export interface ExecOptions extends OperationOptions, Selection, Omit<PhaseOptions, "phases"> {
  /** Bash, run as the privileged user; its output comes as events. */
  readonly command: string;
}

/** What {@linkcode explain} takes: no node, and a service only for the image that a group would get. */
export interface ExplainOptions extends Omit<OperationOptions, "service" | "on"> {
  readonly service?: ServiceConfig;
  readonly groups: readonly string[];
  /** The groups' default phases unless told. */
  readonly phases?: readonly PhaseRequest[];
  /** `debian-12`; that of the image unless told. */
  readonly os?: string | OsFacts;
}

/** What {@linkcode listGroups} takes. */
export interface GroupsOptions extends EnvironmentOptions {
  readonly source: Source;
  readonly directories?: Directories;
  readonly signal?: AbortSignal;
}

/** What {@linkcode listRuns} and {@linkcode readRun} take. */
export interface RunsOptions {
  readonly directories?: Directories;
}

/** What {@linkcode sshSettings} takes. */
export interface SshSettingsOptions extends ServiceOptions, EnvironmentOptions {
  /** Name or id of a node. */
  readonly node: string;
  /** The infra file, for an environment that is selected: it may be defined there. */
  readonly source?: Source;
  readonly adminUser?: AdminUser;
}

/** What {@linkcode shell} takes. */
export interface ShellOptions extends SshSettingsOptions {
  /** A command and its arguments in place of an interactive shell. */
  readonly command?: readonly string[];
  /** Lets the user's ssh agent go along, so that what runs there can use the keys in it; not unless told. */
  readonly forwardAgent?: boolean;
  /** Takes the host key of a node that is connected to for the first time; not unless told. */
  readonly acceptNewHostKeys?: boolean;
  /** Where secrets come from that a login may want; closed when the shell is over. */
  readonly secrets?: readonly SecretSource[];
}

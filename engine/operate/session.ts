import type { Event, EventBody, Failure } from "../events.ts";
import type { JsonObject } from "../json.ts";
import type { FactsCache } from "../state/facts_cache.ts";
import type { Journal } from "../state/journal.ts";
import type { Node } from "../spec/node.ts";
import type { GroupSummary } from "../spec/types.ts";
import { Captures } from "./captures.ts";
import { failureOf, Stopped } from "../failure.ts";
import type { Stops } from "./operation.ts";
import type { EffectiveUser } from "./admin_user.ts";
import type { Timings } from "./options.ts";
import type { Past } from "./past.ts";
import { Roster } from "./roster.ts";
import type { Tools } from "./tools.ts";

/** What a {@linkcode Session} begins with. */
export interface SessionSetup {
  readonly run: string;
  readonly service: string;
  readonly holder: string;
  /** This process, told apart from all others, for the next run should this one be killed. */
  readonly owner?: string;
  readonly tools: Tools;
  readonly stops: Stops;
  readonly timings: Timings;
  /** All groups of the infra file, with image, count and packager of the environment. */
  readonly groups: readonly GroupSummary[];
  /** Also those of the service that the infra file does not have: no more than their names is known. */
  readonly selected: readonly GroupSummary[];
  /** Environment by group; `""` for groups without their own. */
  readonly environment: Readonly<Record<string, JsonObject>>;
  /** The environment of the infra file that was selected, for its phases. */
  readonly selectedEnvironment?: string;
  readonly clock: number;
  readonly seed: number;
  readonly allowWorkstation: boolean;
  /** Who logs in to the nodes of a group that are bootstrapped; nothing where nobody says. */
  readonly userOf: (group: string) => EffectiveUser | undefined;
  readonly journal?: Journal;
  /** What the run did before it was ended and gone on with. */
  readonly past?: Past;
  readonly factsCache?: FactsCache;
  readonly on?: (event: Event) => void;
}

/** One run: what all of its steps share. */
export class Session {
  readonly setup: SessionSetup;
  readonly roster = new Roster();
  /** What the plans that were made before anything ran capture. */
  readonly captures = new Captures();
  /** Secrets that somebody was warned of. */
  readonly toldOf = new Set<string>();
  /** Warnings that were given, and are not given again. */
  readonly told = new Set<string>();
  /** Failures that are not a target's in a phase. */
  readonly failures: Failure[] = [];
  readonly #segments = new Map<string, number>();
  #touched = false;
  /** Events of a run that is gone on with, until it does something: should it be refused, it stands as it did before. */
  #held: Event[] | undefined;
  #look: Promise<readonly Node[]> | undefined;
  #unkept = false;
  #broken: { readonly thrown: unknown } | undefined;
  readonly #inner = new AbortController();
  /** Aborted: nothing new is started. */
  readonly soft: AbortSignal;
  /** Aborted: everything is left at once. */
  readonly hard: AbortSignal;

  constructor(setup: SessionSetup) {
    this.setup = setup;
    this.soft = AbortSignal.any([setup.stops.soft, this.#inner.signal]);
    this.hard = setup.stops.hard;
    if (setup.past !== undefined) this.#held = [];
  }

  get tools(): Tools {
    return this.setup.tools;
  }

  /** Says what happened, to the journal first. A listener that fails stops the run in order. */
  readonly emit = (body: EventBody): void => {
    const at = new Date().toISOString();
    const event: Event = { ...this.tools.secrets.redactor.data(body), at, run: this.setup.run };
    if (this.#held === undefined) this.write((journal) => journal.event(event));
    else this.#held.push(event);
    try {
      this.setup.on?.(event);
    } catch (thrown) {
      this.#broken ??= { thrown };
      this.#inner.abort("listener");
    }
  };

  /** Writes to the journal. A disk that fails stops the run in order: what it did on would not be known. */
  write(work: (journal: Journal) => void): void {
    const { journal } = this.setup;
    if (journal === undefined || this.#unkept) return;
    try {
      work(journal);
    } catch (thrown) {
      this.#unkept = true;
      this.fail(failureOf(thrown));
      this.#inner.abort("journal");
    }
  }

  /** Whether something could not be written to the journal: it is told as a failure of the run. */
  get unkept(): boolean {
    return this.#unkept;
  }

  /** Whether anything was made, removed or run: from then on an error is a result, not a refusal. */
  get touched(): boolean {
    return this.#touched;
  }

  /** Something is about to be made, removed or run. */
  touch(): void {
    this.#touched = true;
    this.keep();
  }

  /** Keeps all that was said: the run was not refused. */
  keep(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.write((journal) => held.forEach((event) => journal.event(event)));
  }

  /** Says something to the reader of the run. */
  message(level: "debug" | "info" | "warn" | "error", text: string, target?: string): void {
    this.emit({ type: "message", level, text, ...(target === undefined ? {} : { target }) });
  }

  fail(failure: Failure): void {
    this.failures.push(failure);
  }

  /** What a listener threw, if one did. */
  get broken(): { readonly thrown: unknown } | undefined {
    return this.#broken;
  }

  /** Why the run was asked to stop, if it was. */
  get stopped(): string | undefined {
    const { aborted, reason } = this.setup.stops.soft;
    return !aborted ? undefined : reason instanceof Stopped ? reason.by : String(reason);
  }

  /** The service's nodes as they are now. Who asks while others wait shares their look. */
  nodesNow(): Promise<readonly Node[]> {
    return this.#look ??= this.tools.provider.nodes(this.hard).finally(() => {
      this.#look = undefined;
    });
  }

  /** Resolves when all that was said is on the disk: before a step that a later run must know of. */
  async kept(): Promise<void> {
    await this.setup.journal?.sync();
  }

  /** The number of the next script of a target in a phase: a phase may be asked for more than once. */
  nextSegment(target: string, phase: string): number {
    const key = JSON.stringify([target, phase]);
    const next = this.#segments.get(key) ?? 0;
    this.#segments.set(key, next + 1);
    return next;
  }

  /** The environment of a group. */
  environmentOf(group: string): JsonObject {
    return this.setup.environment[group] ?? this.setup.environment[""] ?? {};
  }

  /** A group of the infra file by name. */
  group(name: string): GroupSummary | undefined {
    return this.setup.groups.find((group) => group.name === name);
  }
}

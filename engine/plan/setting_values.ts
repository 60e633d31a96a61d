// What a target's `settings` phase has given so far.
import { PalletError } from "../errors.ts";
import type { Json } from "../json.ts";
import { v, validate } from "../schema.ts";
import { deepMerge } from "../spec/merge.ts";
import { SETTINGS } from "../spec/phases.ts";
import { frozenCopy, plainProblem, refusePlain } from "../spec/plain.ts";
import type { PhasePart } from "../spec/types.ts";
import { didYouMean } from "../suggest.ts";
import { flatten } from "./flatten.ts";
import type { Setting } from "./settings.ts";
import type { PlanTarget } from "./targets.ts";
import { foreign } from "./tokens.ts";
import type { SettingEntry } from "./types.ts";

/** Which settings are asked for. */
export interface SettingsQuery {
  readonly target: PlanTarget;
  readonly facility: string;
  readonly instance: string;
}

const shape = v.object({
  type: v.literal("setting"),
  facility: v.pipe(v.string(), v.nonEmpty()),
  instance: v.pipe(v.string(), v.nonEmpty()),
});

function asSetting(value: object, part: PhasePart): Setting {
  if (Reflect.get(value, "type") === "action") {
    throw new PalletError(`Phase "${SETTINGS}" returned an action: it makes settings and nothing else`, {
      kind: "infra",
      origin: part.origin,
      help: 'Return actions from another phase, such as "configure".',
    });
  }
  const subject = { what: "setting", kind: "infra", origin: part.origin } as const;
  validate(shape, value, subject);
  const setting = value as Setting;
  const problem = plainProblem(setting.value);
  if (problem !== undefined) refusePlain(problem, subject);
  return setting;
}

/** Settings of one target: facility -> instance -> value. */
export class SettingValues {
  readonly #values = new Map<string, Map<string, Json>>();

  constructor(readonly target: PlanTarget) {}

  /** Adds what a part returned to what earlier parts gave. @throws {PalletError} of kind `infra` for what is no setting. */
  add(part: PhasePart, result: unknown, limit: number): void {
    for (const value of flatten(result, { phase: SETTINGS, origin: part.origin }, limit)) {
      const { facility, instance, value: given } = asSetting(value, part);
      const instances = this.#values.get(facility) ?? new Map<string, Json>();
      const merged = deepMerge(instances.get(instance), foreign(given, this.target.view.name)) as Json;
      this.#values.set(facility, instances.set(instance, frozenCopy(merged)));
    }
  }

  get(query: SettingsQuery): Json | undefined {
    return this.#values.get(query.facility)?.get(query.instance);
  }

  get entries(): readonly SettingEntry[] {
    return [...this.#values].flatMap(([facility, instances]) =>
      [...instances].map(([instance, value]) => ({
        target: this.target.view.name,
        facility,
        instance,
        value,
      }))
    );
  }

  /** ` It has: ...` for a message about something that is missing. */
  known(query: SettingsQuery): string {
    const names = this.entries.map(({ facility, instance }) =>
      instance === "default" ? facility : `${facility} (${instance})`
    );
    const hint = this.#values.has(query.facility) ? "" : didYouMean(query.facility, this.#values.keys());
    return `${hint} ${names.length === 0 ? "It has none." : `It has: ${names.join(", ")}.`}`;
  }
}

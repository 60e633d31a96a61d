// Schedules of infra files: commands that run by themselves on whatever workstation applies them.
import { type Origin, PalletError } from "../errors.ts";
import { callerOrigin } from "../origin.ts";
import { object, type Schema, v, validate } from "../schema.ts";
import { madeOf, remember } from "./made.ts";
import { frozenCopy, refuseHostileKeys } from "./plain.ts";
import type { ScheduleOptions, ScheduleSpec, ScheduleSummary } from "./types.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** Seconds that something takes. */
export const scheduleSeconds = v.pipe(v.number(), v.minValue(0, "must be 0 seconds or more"));

/** What schedules may hold, wherever they stand, but for what is of two words. */
export const scheduleEntries = {
  cron: text,
  command: v.union([text, v.array(v.string())]),
  zone: v.optional(text),
  scheduler: v.optional(v.picklist(["systemd-user", "systemd-system", "cron", "launchd", "windows"])),
  jitter: v.optional(scheduleSeconds),
  mail: v.optional(text),
  webhook: v.optional(text),
  metrics: v.optional(text),
};

/** What {@linkcode schedule} takes. */
export const scheduleOptions = object({
  ...scheduleEntries,
  timeLimit: v.optional(scheduleSeconds),
  catchUp: v.optional(v.boolean()),
}) as Schema<ScheduleOptions>;

/**
 * A command of Pallet that runs by itself, once it is exported and `pallet schedule apply` has said so on a
 * workstation: at the times of `cron`, in the folder of the project.
 *
 * @throws {PalletError} of kind `infra` for a name that is none, and for options that are wrong, with the caller's line.
 *
 * @example
 * ```ts
 * import { schedule } from "pallet";
 *
 * export const nightly = schedule("backup", {
 *   cron: "0 3 * * *",
 *   command: ["lift", "web", "--phase", "backup"],
 *   timeLimit: 3600,
 * });
 * ```
 */
export function schedule(name: string, options: ScheduleOptions): ScheduleSpec {
  const origin = callerOrigin();
  const subject = { what: `schedule ${JSON.stringify(name)}`, kind: "infra", origin } as const;
  if (typeof name !== "string" || !/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw new PalletError(
      `Invalid ${subject.what}: its name must be letters, digits, dots, dashes and underscores`,
      { kind: "infra", origin },
    );
  }
  const copy = frozenCopy(options);
  refuseHostileKeys(copy, subject);
  return remember(
    frozenCopy({ name, options: validate(scheduleOptions, copy, subject) }),
    "schedule",
    origin,
  );
}

/** Schedules as plain data. @throws {PalletError} of kind `infra` for two of one name. */
export function scheduleSummaries(
  specs: readonly ScheduleSpec[],
  place: (origin: Origin) => Origin,
): readonly ScheduleSummary[] {
  const found = new Map<string, ScheduleSummary>();
  for (const spec of specs) {
    const origin = madeOf(spec)?.origin ?? { file: "unknown", line: 1, column: 1 };
    if (found.has(spec.name)) {
      throw new PalletError(`Two schedules are named "${spec.name}"`, {
        kind: "infra",
        origin,
        help: "Give each schedule a name of its own.",
      });
    }
    found.set(spec.name, { name: spec.name, options: spec.options, origin: place(origin) });
  }
  return [...found.values()];
}

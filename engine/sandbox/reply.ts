// The child is not trusted: whatever comes back is checked before anything looks at it.
import type { PlannedAction } from "../actions/action.ts";
import { definitions } from "../actions/list.ts";
import { messageOf, type Origin, PalletError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { ConsoleMessage, Infrastructure, PlanProblem, PlanReply, PlanRequest } from "../plan/types.ts";
import { object, problemsOf, type Schema, v } from "../schema.ts";
import { name, node } from "../spec/schemas.ts";
import { environmentProblems } from "../spec/environment.ts";
import { scheduleOptions } from "../spec/schedule_spec.ts";
import type { EnvironmentSummary, GroupSummary } from "../spec/types.ts";
import type { Evaluating, Message } from "./protocol.ts";

const text = v.string();
const texts = v.array(text);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Plain data whatever it is: {@linkcode parsePlain} has looked at all of it. */
const json = v.custom<Json>((value) => value !== undefined);
const jsonObject = v.custom<JsonObject>((value) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
);

function hasKey(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

const origin: Schema<Origin> = object({ file: text, line: count, column: count });
const optionalOrigin = v.exactOptional(origin);

const consoleMessages: Schema<readonly ConsoleMessage[]> = v.array(
  object({ level: v.picklist(["debug", "info", "warn", "error"]), text }),
);

const problem = object({
  kind: v.picklist(["usage", "config", "infra", "provider", "unreachable", "action", "internal"]),
  message: text,
  help: v.exactOptional(text),
  origin: optionalOrigin,
  stack: v.exactOptional(text),
}) satisfies Schema<PlanProblem>;

const group = object({
  name,
  cluster: v.exactOptional(text),
  nodeSpec: node,
  count: v.exactOptional(count),
  roles: texts,
  defaultPhases: texts,
  packager: v.exactOptional(text),
  after: texts,
  phases: v.record(text, v.array(origin)),
  hooks: v.record(text, object({ partition: v.exactOptional(text), postPhase: v.exactOptional(text) })),
  nodeFilter: v.exactOptional(text),
  origin,
});

const environment = object({
  name: text,
  values: v.pipe(
    jsonObject,
    v.check((value) => environmentProblems(value).length === 0, "must be an environment"),
  ),
  origin,
  phases: v.record(text, texts),
});

const infrastructure = object({
  groups: v.array(group),
  environments: v.exactOptional(v.array(environment)),
  schedules: v.exactOptional(v.array(object({ name: text, options: scheduleOptions, origin }))),
  console: consoleMessages,
});

const action: Schema<PlannedAction> = object({
  kind: text,
  args: jsonObject,
  id: text,
  origin,
  title: text,
  triggers: v.exactOptional(texts),
  needs: v.exactOptional(texts),
  undo: v.exactOptional(v.literal(true)),
});

const planned = object({ target: text, phase: text, defined: v.boolean(), actions: v.array(action) });
const unplanned = object({ target: text, phase: text, problem });

const planReply = object({
  // Told apart first, so that what is wrong is told by its own keys.
  plans: v.array(v.lazy((value) => hasKey(value, "problem") ? unplanned : planned)),
  settings: v.array(object({ target: text, facility: text, instance: text, value: json })),
  reads: v.array(object({ reader: text, of: text, facility: text })),
  console: consoleMessages,
});

const scriptReply = object({ text, library: text });

const evaluatingModule = object({ module: text });
const evaluatingPhase = object({ phase: text, target: text, group: text, origin: optionalOrigin });
const evaluating: Schema<Evaluating> = v.lazy((value) =>
  hasKey(value, "module") ? evaluatingModule : evaluatingPhase
);

const message: Schema<Message> = v.variant("type", [
  object({ type: v.literal("evaluating"), at: evaluating }),
  object({ type: v.literal("read"), id: count, path: text }),
  object({ type: v.literal("reply"), value: json, console: consoleMessages }),
  object({ type: v.literal("problem"), problem, console: consoleMessages }),
]);

function refuse(reason: string, cause?: unknown): PalletError {
  return new PalletError(`The sandbox gave an answer that is not valid: ${reason}`, {
    kind: "infra",
    help:
      "An infra file or a crate changes what the engine itself uses there; look for one that alters built-in objects.",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Keys that JavaScript takes for its own, and how deep data may be. */
const HOSTILE = new Set(["__proto__", "constructor", "prototype"]);
const DEPTH = 200;

function refuseHostile(value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > DEPTH) throw refuse("it is nested too deep");
  if (Array.isArray(value)) {
    for (const item of value) refuseHostile(item, depth + 1);
    return;
  }
  for (const key of Object.keys(value)) {
    if (HOSTILE.has(key)) throw refuse(`it has the key "${key}"`);
    refuseHostile(Reflect.get(value, key), depth + 1);
  }
}

/** JSON that cannot change what other objects are. */
export function parsePlain(from: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(from);
  } catch (cause) {
    throw refuse(messageOf(cause), cause);
  }
  refuseHostile(value);
  return value;
}

function check<T>(schema: Schema<T>, value: unknown): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const found = problemsOf(schema, value).slice(0, 3);
  throw refuse(found.map(({ path, message }) => `${path} ${message}`).join("; "));
}

/** A message of the child. The value of a `reply` is plain data, not yet looked at. */
export function parseMessage(from: string): Message {
  return check(message, parsePlain(from));
}

/** The answer to `load`. */
export function checkInfrastructure(value: unknown): Infrastructure {
  const { groups, environments, schedules, console } = check(infrastructure, value);
  const names = new Set(groups.map((one) => one.name));
  if (names.size < groups.length) throw refuse("two groups have the same name");
  return {
    groups: groups as readonly GroupSummary[],
    ...(environments === undefined
      ? {}
      : { environments: environments as unknown as readonly EnvironmentSummary[] }),
    ...(schedules === undefined ? {} : { schedules }),
    console,
  };
}

/** Arguments of the engine's own kinds are checked by their definitions; a crate's own are plain data. */
function checkArgs(planned: PlannedAction): PlannedAction {
  const definition = definitions.get(planned.kind);
  return definition === undefined ? planned : { ...planned, args: check(definition.schema, planned.args) };
}

/** The answer to `plan`: one plan for each target and phase that was asked for, and no other. */
export function checkPlanReply(value: unknown, request: PlanRequest): PlanReply {
  const reply = check(planReply, value);
  const asked = new Set(
    request.phases.flatMap(({ phase }) => request.targets.map((target) => `${target}\0${phase}`)),
  );
  const all = asked.size;
  for (const { target, phase } of reply.plans) {
    if (!asked.delete(`${target}\0${phase}`)) {
      throw refuse(`a plan of phase "${phase}" for ${target} was not asked for`);
    }
  }
  if (asked.size > 0) throw refuse(`${asked.size} of ${all} plans are missing`);
  const targets = new Set(request.world.targets.map((target) => target.name));
  const stray = reply.settings.find((setting) => !targets.has(setting.target));
  if (stray !== undefined) throw refuse(`it has settings of ${stray.target}, which is no target`);
  const read = reply.reads.find(({ reader, of }) => !targets.has(reader) || !targets.has(of));
  if (read !== undefined) {
    throw refuse(`${read.reader} reads settings of ${read.of}: one of them is no target`);
  }
  const plans = reply.plans.map((plan) =>
    "problem" in plan ? plan : { ...plan, actions: plan.actions.map(checkArgs) }
  );
  return { ...reply, plans };
}

/** The answer to `call`. */
export function checkJson(value: unknown): Json {
  return check(json, value);
}

/** The answer to `script`. */
export function checkScript(value: unknown): { text: string; library: string } {
  return check(scriptReply, value);
}

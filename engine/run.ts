/**
 * What programs import to run operations: options in, events through a callback, a result out.
 *
 * @module
 */
import { converge as runConverge } from "./operate/converge.ts";
import { destroy as runDestroy } from "./operate/destroy.ts";
import { exec as runExec } from "./operate/exec.ts";
import { explain as runExplain } from "./operate/explain.ts";
import { lift as runLift } from "./operate/lift.ts";
import { settingsOn, shellOn } from "./operate/shell.ts";
import { type Operation, start } from "./operate/operation.ts";
import type {
  ConvergeOptions,
  DestroyOptions,
  ExecOptions,
  ExplainOptions,
  LiftOptions,
  PlanOptions,
  ShellOptions,
  SshSettingsOptions,
} from "./operate/options.ts";
import { plan as runPlan } from "./operate/plan.ts";
import type { Explanation, PlanResult, RunResult } from "./operate/results.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import type { EnvironmentSummary } from "./spec/types.ts";
import type { SshSettings } from "./transport/ssh_settings.ts";
import { openWiring, withExplainTools, withProvider, withSandbox, withTransport } from "./wiring/mod.ts";

export type * from "./operate/options.ts";
export type * from "./operate/results.ts";
export type { Ask, Question } from "./transport/ask.ts";
export type { JumpHop, SshSettings } from "./transport/ssh_settings.ts";
export type { Event, Failure, TargetSummary } from "./events.ts";
export type { KeptRun, RunState, RunSummary } from "./state/runs.ts";
export type { RunHeader } from "./state/journal.ts";
export { exitCodeOf, failureOf } from "./failure.ts";
export {
  checkService,
  diagnoseService,
  listGroups,
  listHardware,
  listImages,
  listNodes,
  listNodesByRegion,
  listRuns,
  listSchedules,
  readRun,
} from "./wiring/listings.ts";
export { handleSignals, type Operation, type StopReason } from "./operate/operation.ts";
export type { SecretSource } from "./secrets/source.ts";
export { defaultTimings } from "./operate/options.ts";

/**
 * Adjusts the numbers of nodes of groups, and runs phases on all of them: `bootstrap` on new nodes, then those asked
 * for, or the groups' default phases.
 *
 * @throws {PalletError} (the promise) when nothing was done: wrong options, specs or configuration, consent refused, a
 * group that another run works on. Once something was done, failures are in the result.
 *
 * @example
 * ```ts ignore
 * import { groupSpec, packages } from "pallet";
 * import { converge } from "pallet/run";
 *
 * const web = groupSpec("web", { count: 2, phases: { configure: () => packages("nginx") } });
 * const result = await converge({ source: { specs: [web] }, service, providers });
 * Deno.exit(result.exitCode);
 * ```
 */
export function converge(options: ConvergeOptions): Operation<RunResult> {
  return start(
    (stops) => openWiring(options, stops, (wiring) => runConverge(wiring, options)),
    options.signal,
  );
}

/**
 * Runs phases on the nodes of groups; makes and removes none.
 *
 * @throws {PalletError} (the promise) as {@linkcode converge}, and when no node runs.
 *
 * @example
 * ```ts
 * import { lift, type LiftOptions } from "pallet/run";
 *
 * const deploy = (service: Pick<LiftOptions, "service" | "providers">) =>
 *   lift({ ...service, source: { infra: "infra.ts" }, groups: ["web"], phases: ["deploy"], batch: "25%" });
 * ```
 */
export function lift(options: LiftOptions): Operation<RunResult> {
  return start((stops) => openWiring(options, stops, (wiring) => runLift(wiring, options)), options.signal);
}

/**
 * Removes all nodes of groups, after their `destroy-server` phase, and looks whether they are gone. Groups that the specs
 * do not have can be named too, where the service has nodes of them: these go without phases.
 *
 * @throws {PalletError} (the promise) as {@linkcode converge}.
 *
 * @example
 * ```ts
 * import { destroy, type DestroyOptions } from "pallet/run";
 *
 * const tearDown = async (service: Pick<DestroyOptions, "service" | "providers">) => {
 *   const { removed } = await destroy({ ...service, source: { infra: "infra.ts" }, groups: ["web"], yes: true });
 *   return removed.map(({ name }) => name);
 * };
 * ```
 */
export function destroy(options: DestroyOptions): Operation<RunResult> {
  return start(
    (stops) => openWiring(options, stops, (wiring) => runDestroy(wiring, options)),
    options.signal,
  );
}

/**
 * Says what {@linkcode converge} would do. It opens no connection unless asked to `check`.
 *
 * @throws {PalletError} (the promise) as {@linkcode converge}.
 *
 * @example
 * ```ts
 * import { plan, type PlanOptions } from "pallet/run";
 *
 * const isUpToDate = async (service: Pick<PlanOptions, "service" | "providers">) =>
 *   !(await plan({ ...service, source: { infra: "infra.ts" }, check: true })).pending;
 * ```
 */
export function plan(options: PlanOptions): Operation<PlanResult> {
  return start((stops) => openWiring(options, stops, (wiring) => runPlan(wiring, options)), options.signal);
}

/**
 * Runs a command on the nodes of groups; what it prints comes as events.
 *
 * @throws {PalletError} (the promise) as {@linkcode lift}.
 *
 * @example
 * ```ts
 * import { exec, type ExecOptions } from "pallet/run";
 *
 * const uptimes = (service: Pick<ExecOptions, "service" | "providers">) =>
 *   exec({
 *     ...service,
 *     source: { infra: "infra.ts" },
 *     command: "uptime",
 *     on: (event) => event.type === "output" && console.log(event.target, event.text),
 *   });
 * ```
 */
export function exec(options: ExecOptions): Operation<RunResult> {
  return start((stops) => openWiring(options, stops, (wiring) => runExec(wiring, options)), options.signal);
}

/**
 * Shows what phases of groups are made of, and their scripts, with no node.
 *
 * @throws {PalletError} for specs that cannot be evaluated, and when no operating system is told of.
 *
 * @example
 * ```ts
 * import { groupSpec, packages } from "pallet";
 * import { explain } from "pallet/run";
 *
 * const web = groupSpec("web", { phases: { configure: () => packages("nginx") } });
 * const [shown] = await explain({ source: { specs: [web] }, providers: [], groups: ["web"], os: "debian-12" });
 * console.assert(shown?.script.includes("nginx"));
 * ```
 */
export function explain(options: ExplainOptions): Promise<readonly Explanation[]> {
  return withExplainTools(options, (tools) => runExplain(tools, options));
}

/** Environments of the infra file, where one is selected; nothing where none is. */
async function exportedBy(options: SshSettingsOptions): Promise<readonly EnvironmentSummary[] | undefined> {
  const { selected, source } = options;
  if (selected === undefined) return undefined;
  if (source === undefined) return [];
  const load = async (sandbox: Sandbox) => (await sandbox.load(options.signal)).environments ?? [];
  return await withSandbox({ ...options, source }, load);
}

/**
 * A shell on a node, or a command, on this terminal; answers with its exit status.
 *
 * @throws {PalletError} for a node that there is not, or that does not answer.
 */
export async function shell(options: ShellOptions): Promise<number> {
  const exported = await exportedBy(options);
  return await withProvider(
    options,
    (provider) => withTransport(options, (transport) => shellOn(provider, transport, options, exported)),
  );
}

/**
 * How a node is reached and logged in to once ssh's configuration has spoken, and who says so. The node is not asked.
 *
 * @throws {PalletError} for a node that there is not, and when that configuration is wrong.
 */
export async function sshSettings(options: SshSettingsOptions): Promise<SshSettings> {
  const exported = await exportedBy(options);
  return await withProvider(
    options,
    (provider) => withTransport(options, (transport) => settingsOn(provider, transport, options, exported)),
  );
}

/** What is done with the crates of a project: add, list, lock, update, verify, vendor. Loaded when it is used. */
export function crates(): Promise<typeof import("./modules/crates/mod.ts")> {
  return import("./modules/crates/mod.ts");
}

// What programs look up besides running operations.
import { groupsIn } from "../operate/environment.ts";
import type { GroupsOptions, RunsOptions, ServiceOptions } from "../operate/options.ts";
import { PalletError } from "../errors.ts";
import type { Diagnosis, Hardware, Image, Problem, RegionNodes } from "../provider/provider.ts";
import type { Node } from "../spec/node.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { GroupSummary, ScheduleSummary } from "../spec/types.ts";
import { defaultDirectories } from "../state/directories.ts";
import { type KeptRun, listRuns as kept, readRun as read } from "../state/runs.ts";
import { withProvider, withSandbox } from "./mod.ts";

/**
 * The groups of an infra file, with what the environment says of them.
 *
 * @throws {PalletError} when it cannot be evaluated, and for a selected environment that there is not.
 *
 * @example
 * ```ts
 * import { groupSpec } from "pallet";
 * import { listGroups } from "pallet/run";
 *
 * const [web] = await listGroups({ source: { specs: [groupSpec("web", { count: 2 })] } });
 * console.assert(web?.name === "web" && web.count === 2);
 * ```
 */
export function listGroups(options: GroupsOptions): Promise<readonly GroupSummary[]> {
  return withSandbox(options, async (sandbox) => groupsIn(await sandbox.load(options.signal), options));
}

/**
 * The schedules that an infra file exports.
 *
 * @throws {PalletError} when it cannot be evaluated.
 */
export function listSchedules(options: GroupsOptions): Promise<readonly ScheduleSummary[]> {
  const load = async (sandbox: Sandbox) => (await sandbox.load(options.signal)).schedules ?? [];
  return withSandbox(options, load);
}

/** The runs of this workstation that are kept, latest first, and those whose journal cannot be read. */
export async function listRuns(options: RunsOptions = {}): ReturnType<typeof kept> {
  return await kept((options.directories ?? defaultDirectories()).state);
}

/**
 * One run, as its journal tells it.
 *
 * @param run its name, as events and {@linkcode listRuns} have it
 * @throws {PalletError} when there is no such run.
 */
export async function readRun(run: string, options: RunsOptions = {}): Promise<KeptRun> {
  return await read((options.directories ?? defaultDirectories()).state, run);
}

/**
 * All nodes of a service, running or not.
 *
 * @throws {PalletError} when it cannot say.
 *
 * @example
 * ```ts
 * import { listNodes, type ServiceOptions } from "pallet/run";
 *
 * const addresses = async (service: ServiceOptions) =>
 *   (await listNodes(service)).map(({ name, primaryIp }) => `${name} ${primaryIp}`);
 * ```
 */
export function listNodes(options: ServiceOptions): Promise<readonly Node[]> {
  return withProvider(options, (provider) => provider.nodes(options.signal));
}

/**
 * All nodes of a service in all regions that its account has, by region: those with nodes, and those that could not be
 * listed.
 *
 * @throws {PalletError} where there are no regions, and when it cannot say which.
 */
export function listNodesByRegion(options: ServiceOptions): Promise<readonly RegionNodes[]> {
  return withProvider(options, (provider) => {
    if (provider.nodesByRegion !== undefined) return provider.nodesByRegion(options.signal);
    const { name } = options.service;
    throw new PalletError(`Cannot list all regions of service "${name}": ${provider.name} has none`, {
      kind: "usage",
    });
  });
}

/**
 * The images that nodes of a service can be made from.
 *
 * @throws {PalletError} when it cannot say.
 */
export function listImages(options: ServiceOptions): Promise<readonly Image[]> {
  return withProvider(options, (provider) => provider.images(options.signal));
}

/**
 * The sizes that nodes of a service can have.
 *
 * @throws {PalletError} when it cannot say.
 */
export function listHardware(options: ServiceOptions): Promise<readonly Hardware[]> {
  return withProvider(options, (provider) => provider.hardware(options.signal));
}

/**
 * What a service lacks on this machine, and what to do; empty when it can work.
 *
 * @throws {PalletError} of kind `config` for options that make no sense.
 */
export function checkService(options: ServiceOptions): Promise<readonly Problem[]> {
  return withProvider(options, (provider) => provider.check(options.signal));
}

/**
 * A closer look than {@linkcode checkService}: whoever gives the machines is asked who we are, and what we may do.
 *
 * @throws {PalletError} of kind `config` for options that make no sense.
 */
export function diagnoseService(options: ServiceOptions): Promise<Diagnosis> {
  return withProvider(options, async (provider) =>
    await provider.diagnose?.(options.signal) ??
      { found: [], problems: await provider.check(options.signal) });
}

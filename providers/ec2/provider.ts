import { createHash } from "node:crypto";
import { join } from "node:path";
import { messageOf, PalletError } from "../../engine/errors.ts";
import { needSome } from "../../engine/provider/need_some.ts";
import type { Problem, Provider, ProviderContext, ServiceConfig } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import { accessOf } from "./access.ts";
import { type Ec2Api, openApi } from "./api.ts";
import { createNodes } from "./create.ts";
import { doctor } from "./doctor.ts";
import { isCredentials } from "./errors.ts";
import { extrasOf } from "./extras.ts";
import { ensureSecurityGroup, removeSecurityGroup } from "./group.ts";
import { openTypes, publicHardware } from "./hardware.ts";
import { openHostKeys } from "./host_keys.ts";
import { publicImage } from "./image.ts";
import { openImages } from "./images.ts";
import { openJournal } from "./journal.ts";
import { ensureLogin, removeKeyPairs } from "./keys.ts";
import { destroyNodes, rebootNodes, startNodes, stopNodes } from "./life.ts";
import { openNaming } from "./naming.ts";
import { listNodes, ownInstances } from "./nodes.ts";
import type { Ec2Options } from "./options.ts";
import { parameterReader, parameters } from "./parameters.ts";
import { placeOf } from "./place.ts";
import { priceOf, pricesOf } from "./prices.ts";
import { readiness } from "./ready.ts";
import { nodesOfAllRegions } from "./regions.ts";
import { openSettler } from "./settle.ts";
import { choose, chooseOrThrow } from "./spec.ts";
import { tagNode } from "./tagging.ts";
import { owner as thisPerson, TAG, tagOf } from "./tags.ts";
import { openWatch } from "./watch.ts";

/** A provider, and the calls that it makes, for whoever counts them. */
export interface Ec2Provider extends Provider {
  readonly api: Ec2Api;
}

/** The EC2 of a service. */
export function makeEc2(service: ServiceConfig, options: Ec2Options, context: ProviderContext): Ec2Provider {
  const access = accessOf(options);
  const api = openApi(access);
  const folder = join(context.stateDir, encodeURIComponent(service.name));
  const journal = openJournal(folder);
  const hostKeys = openHostKeys(folder);
  const watch = openWatch(api, options.scope);
  const person = thisPerson();
  const types = openTypes(api, context.cacheDir, async () => {
    const region = await api.region();
    if (options.endpoint === undefined) return region;
    return `${region}-${createHash("sha256").update(options.endpoint).digest("hex").slice(0, 8)}`;
  });
  const images = openImages(api, options.image, parameterReader(() => parameters(access)));
  const market = { options, images, types, region: () => api.region() };
  const owner = { service: service.name, types, address: options.address };
  const naming = openNaming(api, context.progress);
  const launcher = { api, journal, naming };
  const settler = openSettler(launcher, options.scope, owner);
  const hand = { api, watch, limits: options.limits };
  const ground = { api, scope: options.scope, sshFrom: options.sshFrom, owner: person };

  const doubles = new Set<string>();
  const nodes = async (signal?: AbortSignal): Promise<readonly Node[]> => {
    const found = await listNodes(launcher, options.scope, owner, signal);
    for (const { id, doubleOf } of found) {
      if (doubleOf === undefined || doubles.has(id)) continue;
      doubles.add(id);
      context.progress(
        `Two instances are ${doubleOf}: ${id} is the younger, and goes when there are too many`,
      );
    }
    return found;
  };

  const settleAll = (
    given: readonly Node[],
    what: string,
    signal?: AbortSignal,
  ): Promise<readonly Node[]> => {
    needSome(given, what);
    return Promise.all(given.map((node) => settler.settledOrThrow(node, signal)));
  };

  /** Takes what is gone for good out of what is kept here. */
  const forget = async (gone: readonly Node[]): Promise<void> => {
    const ids = new Set(gone.map(({ id }) => id));
    for (const launch of await journal.launches()) {
      if (launch.ids?.every((id) => ids.has(id)) === true) await journal.remove(launch.token);
    }
    await Promise.all(gone.map(({ id }) => hostKeys.forget(id)));
  };

  const shop = {
    ...launcher,
    scope: options.scope,
    owner,
    progress: context.progress,
    nodes,
    async mold(request: Parameters<Provider["create"]>[0], signal?: AbortSignal) {
      const { image, type } = await chooseOrThrow(request.nodeSpec, market, signal);
      const place = await placeOf(api, request.nodeSpec, options, await api.region(), signal);
      const [problem] = place.problems;
      if (problem !== undefined) {
        throw new PalletError(`EC2 cannot make nodes: ${problem.path}: ${problem.message}`, {
          kind: "provider",
          ...(problem.help === undefined ? {} : { help: problem.help }),
        });
      }
      const login = await ensureLogin(
        api,
        options,
        person,
        extrasOf(request.nodeSpec),
        context.adminKey,
        signal,
      );
      const securityGroup = await ensureSecurityGroup(
        ground,
        request.group,
        request.nodeSpec,
        place.vpc,
        signal,
      );
      return { options, image, type, place, login, securityGroup, owner: person };
    },
  };

  return {
    name: "ec2",
    api,
    capabilities: { create: true, destroy: true, stop: true, tag: true },
    async check() {
      try {
        await api.prepare();
        return [];
      } catch (thrown) {
        const help = thrown instanceof PalletError ? thrown.help : undefined;
        return [{
          path: isCredentials(thrown) ? "credentials" : "ec2",
          message: messageOf(thrown),
          ...(help === undefined ? {} : { help }),
        }];
      }
    },
    diagnose: (signal) => doctor(options, api, (until) => images.find({}, undefined, until), signal),
    images: (signal) => images.list(signal),
    async hardware(signal) {
      const region = await api.region();
      return (await types.all(signal)).filter(({ bare }) => !bare)
        .toSorted((one, other) =>
          one.cores - other.cores || one.ram - other.ram || one.id.localeCompare(other.id)
        )
        .map((type) => publicHardware(type, region));
    },
    async validate(spec, signal): Promise<readonly Problem[]> {
      const { problems } = await choose(spec, market, signal);
      if (problems.length > 0) return problems;
      return (await placeOf(api, spec, options, await api.region(), signal)).problems;
    },
    async imageFor(spec, signal) {
      const { image } = await choose(spec, market, signal);
      return image === undefined ? undefined : publicImage(image);
    },
    nodes,
    nodesByRegion: (signal) => nodesOfAllRegions(service.name, options, signal),
    async estimate(request, signal) {
      const { image, type } = await chooseOrThrow(request.nodeSpec, market, signal);
      const { spotPrice } = request.nodeSpec.qos ?? {};
      const price = priceOf(type.id, await api.region());
      const known = spotPrice === undefined && price !== undefined;
      return {
        image: `${image.name} (${image.id})`,
        hardware: spotPrice === undefined
          ? type.id
          : `${type.id}, at a spot price of at most $${spotPrice} an hour each`,
        ...(known
          ? { pricePerHour: Math.round(price * request.names.length * 10_000) / 10_000, pricesOf }
          : {}),
      };
    },
    create: (request, signal) => createNodes(shop, request, signal),
    async *ready(node, signal) {
      const own = await settler.settledOrThrow(node, signal);
      yield* readiness({
        api,
        watch,
        options,
        node: own,
        hostKeys: await hostKeys.of(own.id),
        keepHostKeys: (keys) => hostKeys.keep(own.id, keys),
        ...(signal === undefined ? {} : { signal }),
      });
    },
    start: async (given, signal) => await startNodes(hand, await settleAll(given, "start", signal), signal),
    stop: async (given, signal) => await stopNodes(hand, await settleAll(given, "stop", signal), signal),
    reboot: async (given, signal) =>
      await rebootNodes(hand, await settleAll(given, "reboot", signal), signal),
    async destroy(given, signal) {
      needSome(given, "destroy");
      const made = await Promise.all(given.map((node) => settler.settled(node, signal)));
      const found = made.flatMap((node) => node ?? []);
      if (found.length > 0) await destroyNodes(hand, found, signal);
      await forget(found);
    },
    tag: async (node, tags, signal) =>
      await tagNode(hand, await settler.settledOrThrow(node, signal), tags, signal),
    async ensureGroup(group, spec, signal) {
      const place = await placeOf(api, spec, options, await api.region(), signal);
      await ensureSecurityGroup(ground, group, spec, place.vpc, signal);
      await naming.mend(group, signal);
    },
    async removeGroup(group, signal) {
      const left = await ownInstances(api, options.scope, {
        gone: false,
        ...(signal === undefined ? {} : { signal }),
      });
      const begun = await journal.launches();
      if (left.some(({ Tags }) => tagOf(Tags, TAG.group) === group)) return;
      await removeSecurityGroup(ground, group, signal);
      if (left.length === 0 && begun.length === 0) await removeKeyPairs(api, options.scope, signal);
    },
    async route(node, signal) {
      const address = options.address === "id" ? node.id : node.primaryIp;
      const user = node.extra?.["user"];
      if (address === undefined) {
        throw new PalletError(`Node "${node.name}" (${node.id}) has no ${options.address} address`, {
          kind: "provider",
          help: node.state === "stopped" ? "It is stopped: converge starts it." : "Wait until it runs.",
        });
      }
      signal?.throwIfAborted();
      return {
        kind: "ssh",
        address,
        hostKeyAlias: node.id,
        name: node.name,
        hostKeys: await hostKeys.of(node.id),
        identities: options.privateKey === undefined ? [] : [options.privateKey],
        ...(typeof user === "string" ? { user } : {}),
        ...(options.jump === undefined ? {} : { jump: options.jump }),
      };
    },
    close() {
      api.close();
      return Promise.resolve();
    },
  };
}

// What all that is done to machines of a service goes by.
import { join } from "node:path";
import { PalletError } from "../../engine/errors.ts";
import type { ProviderContext, ServiceConfig } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { Workshop } from "./build.ts";
import { type OwnMachine, ownMachines } from "./machines.ts";
import type { BoxOptions } from "./options.ts";
import { openStoreroom, type Storeroom } from "./stock.ts";

/** A service with its machines. */
export interface Own {
  readonly service: ServiceConfig;
  readonly options: BoxOptions;
  /** Folder of its locks, its key and its pictures. */
  readonly folder: string;
  readonly storeroom: Storeroom;
  machines(signal?: AbortSignal): Promise<readonly OwnMachine[]>;
  /** @throws {PalletError} when it has no such machine. */
  machineOf(node: Node, signal?: AbortSignal): Promise<OwnMachine>;
  workshop(signal?: AbortSignal): Promise<Workshop>;
}

/** Opens a service. */
export function openOwn(service: ServiceConfig, options: BoxOptions, context: ProviderContext): Own {
  const folder = join(context.stateDir, options.name);
  const storeroom = openStoreroom(service, options, context);
  const machines: Own["machines"] = async (signal) =>
    await ownMachines((await storeroom.box()).vbox, options.name, options.nodePath, signal);
  return {
    service,
    options,
    folder,
    storeroom,
    machines,
    async machineOf(node, signal) {
      const found = (await machines(signal)).find(({ record }) => record.uuid === node.id);
      if (found !== undefined) return found;
      throw noNode(service, node);
    },
    workshop: async (signal) => ({ ...await storeroom.box(), folder, signal }),
  };
}

/** A node that is not there, or not of the service. */
export function noNode(service: ServiceConfig, node: Node): PalletError {
  return new PalletError(`Service "${service.name}" has no node "${node.name}" (${node.id})`, {
    kind: "provider",
  });
}

import { object } from "../engine/schema.ts";
import type { ProviderKind } from "../engine/provider/provider.ts";
import type { ImageStore, ImageStoreOptions } from "./virtualbox/image_store.ts";

export type { Cleaner as ImageCleaner, ImageStore } from "./virtualbox/image_store.ts";

/** A kind that is loaded when a service of it is opened. */
function lazy(name: string, summary: string, load: () => Promise<ProviderKind>): ProviderKind {
  return { name, summary, open: async (service, context) => await (await load()).open(service, context) };
}

/** All kinds of providers; adding one adds a folder and an entry here. */
export const providers: readonly ProviderKind[] = [
  lazy("lab", "throwaway Linux nodes on this machine", async () => (await import("./lab/mod.ts")).provider),
  lazy(
    "localhost",
    "this machine itself, without ssh",
    async () => (await import("./localhost/mod.ts")).provider,
  ),
  lazy(
    "node-list",
    "machines that exist already, listed in the configuration",
    async () => (await import("./node-list/mod.ts")).provider,
  ),
  lazy("ec2", "instances of Amazon EC2", async () => (await import("./ec2/mod.ts")).provider),
  lazy(
    "virtualbox",
    "virtual machines on this workstation, by VirtualBox",
    async () => (await import("./virtualbox/mod.ts")).provider,
  ),
  lazy(
    "hybrid",
    "groups of several services, each of the one that it is mapped to",
    async () => (await import("./hybrid/mod.ts")).provider,
  ),
];

/**
 * Opens what makes images of a service of VirtualBox.
 *
 * @throws {PalletError} for options that make no sense, and when there is no VirtualBox.
 */
export async function openImageStore(options: ImageStoreOptions): Promise<ImageStore> {
  return await (await import("./virtualbox/image_store.ts")).openImageStore(options);
}

/** Bash that takes off a machine of VirtualBox what no other may have, before its disk is made an image. */
export async function machineCleaning(): Promise<string> {
  return (await import("./virtualbox/identity.ts")).cleaning;
}

/** Schemas of the options that services of a provider take, where they are known, by its name. */
export async function optionSchemas(): Promise<Readonly<Record<string, unknown>>> {
  const [lab, list, hybrid, virtualbox, ec2] = await Promise.all([
    import("./lab/options.ts"),
    import("./node-list/schema.ts"),
    import("./hybrid/schema.ts"),
    import("./virtualbox/options.ts"),
    import("./ec2/options.ts"),
  ]);
  return {
    lab: lab.optionsSchema,
    localhost: object({}),
    "node-list": list.optionsSchema,
    hybrid: hybrid.optionsSchema,
    virtualbox: virtualbox.optionsSchema,
    ec2: ec2.optionsSchema,
  };
}

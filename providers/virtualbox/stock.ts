// What a service has to make nodes of: the program, images and sizes of configuration and files, networks.
import { explicitFirst, noModels } from "../../engine/provider/models.ts";
import type { Problem, ProviderContext, ServiceConfig } from "../../engine/provider/provider.ts";
import { type Features, probe } from "./features.ts";
import { findVBoxManage, plainLocale } from "./find.ts";
import { allSizes } from "./hardware.ts";
import { hostNetworks } from "./host_networks.ts";
import { boxImages } from "./images.ts";
import type { HostNetworks } from "./network.ts";
import type { BoxOptions } from "./options.ts";
import type { Stock } from "./selection.ts";
import { makeVBoxManage, type VBoxManage } from "./vboxmanage.ts";

/** A program and what it can; looked at once. */
export interface Box {
  readonly vbox: VBoxManage;
  readonly features: Features;
}

/** What is there, looked up when it is asked for. */
export interface Storeroom {
  box(): Promise<Box>;
  /** As they were when they were first asked for: none is made but by whom is told of none. */
  networks(): Promise<HostNetworks>;
  /** Images and sizes; nothing of VirtualBox is needed for them. */
  models(): Promise<Pick<Stock, "images" | "sizes" | "preferred" | "one" | "baseDir">>;
  stock(): Promise<Stock>;
}

/** A value that is looked up once; a failure is looked up again. */
function once<T>(look: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= look().catch((error) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

/** The storeroom of a service. */
export function openStoreroom(
  service: ServiceConfig,
  options: BoxOptions,
  context: ProviderContext,
): Storeroom {
  const box = once(async (): Promise<Box> => {
    const path = options.vboxmanage ?? await findVBoxManage();
    const vbox = makeVBoxManage(path, { timeout: options.commandTimeout, locale: await plainLocale() });
    return { vbox, features: await probe(vbox) };
  });
  const networks = once(async () => {
    const { vbox, features } = await box();
    return await hostNetworks(vbox, features);
  });
  const models = once(async () => {
    const { images, hardware } = context.models ?? noModels;
    const { readModels = () => Promise.resolve(noModels) } = context;
    const folders = await Promise.all(options.modelPaths.map((path) => readModels(path)));
    const files = folders.reduce((before, next) => ({
      images: explicitFirst(before.images, next.images),
      hardware: explicitFirst(before.hardware, next.hardware),
    }), noModels);
    // A project's own models folder is read as configuration too, which knows of no disk beside a file.
    const told = images.filter(({ id, disk }) =>
      disk !== undefined || files.images.every((file) => file.id !== id)
    );
    const wrong = ({ path, message }: Problem) => context.progress(`left out: ${path}: ${message}`);
    return {
      images: boxImages(explicitFirst(told, files.images), wrong),
      sizes: allSizes(hardware, files.hardware),
      preferred: options.image,
      one: options.oneImage,
      baseDir: service.baseDir ?? Deno.cwd(),
    };
  });
  return {
    box,
    networks,
    models,
    async stock() {
      return {
        ...await models(),
        networks: await networks(),
        options,
        arch: Deno.build.arch,
        host: {
          ram: Math.floor(Deno.systemMemoryInfo().total / 1024 / 1024),
          cores: navigator.hardwareConcurrency,
        },
      };
    },
  };
}

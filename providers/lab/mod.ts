import type { ProviderContext, ProviderKind } from "../../engine/provider/provider.ts";
import { makeHelper } from "./helper.ts";
import { installMissing } from "./machine.ts";
import { labOptions } from "./options.ts";
import { makeLab } from "./provider.ts";

/** Throwaway Linux nodes on this machine, made of namespaces; see README.md. */
export const provider: ProviderKind = {
  name: "lab",
  summary: "throwaway Linux nodes on this machine",
  open: (service, context) => {
    try {
      return Promise.resolve(makeLab(service, labOptions(service), context));
    } catch (error) {
      return Promise.reject(error);
    }
  },
};

/**
 * Installs onto this machine, by apt, the programs that the lab needs and the machine lacks; resolves with the
 * packages it installed. Creating a node does the same.
 *
 * @throws {PalletError} of kind `provider` when apt fails or is not there.
 */
export async function setup(progress: ProviderContext["progress"]): Promise<readonly string[]> {
  const helper = makeHelper(Deno.uid(), progress);
  try {
    return await installMissing(helper, progress);
  } finally {
    await helper.close();
  }
}

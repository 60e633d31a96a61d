import type { ProviderKind } from "../../engine/provider/provider.ts";
import { boxOptions } from "./options.ts";
import { makeBox } from "./provider.ts";

/** Machines of VirtualBox on this workstation; see docs/guides/virtualbox.md. */
export const provider: ProviderKind = {
  name: "virtualbox",
  summary: "virtual machines on this workstation, by VirtualBox",
  open: (service, context) => {
    try {
      return Promise.resolve(makeBox(service, boxOptions(service, context.stateDir), context));
    } catch (error) {
      return Promise.reject(error);
    }
  },
};

import type { ProviderKind } from "../../engine/provider/provider.ts";
import { ec2Options } from "./options.ts";
import { makeEc2 } from "./provider.ts";

/** Instances of Amazon EC2, or of a cloud that speaks as it does; see docs/guides/ec2.md. */
export const provider: ProviderKind = {
  name: "ec2",
  summary: "instances of Amazon EC2",
  open: (service, context) => {
    try {
      return Promise.resolve(makeEc2(service, ec2Options(service), context));
    } catch (error) {
      return Promise.reject(error);
    }
  },
};

// How AWS is reached: what the options of a service say, as a client of the SDK takes it.
import type { Ec2Options } from "./options.ts";

/** How AWS is reached. */
export interface Access {
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  /** Tries of one call, the first among them. */
  readonly maxAttempts: number;
  /** Seconds that a call may take. */
  readonly callTimeout: number;
}

/** How the options reach AWS. */
export function accessOf(options: Ec2Options): Access {
  const { region, profile, endpoint, maxAttempts, limits } = options;
  return {
    maxAttempts,
    callTimeout: limits.call,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Settings of a client of the SDK. */
export function clientConfig(access: Access): {
  region?: string;
  profile?: string;
  endpoint?: string;
  maxAttempts: number;
  retryMode: "adaptive";
  requestHandler: { requestTimeout: number; connectionTimeout: number; throwOnRequestTimeout: true };
} {
  // The CLI reads AWS_DEFAULT_REGION too, the SDK does not.
  const region = access.region ?? Deno.env.get("AWS_REGION") ?? Deno.env.get("AWS_DEFAULT_REGION");
  return {
    ...(region === undefined || region === "" ? {} : { region }),
    ...(access.profile === undefined ? {} : { profile: access.profile }),
    ...(access.endpoint === undefined ? {} : { endpoint: access.endpoint }),
    maxAttempts: access.maxAttempts,
    retryMode: "adaptive",
    requestHandler: {
      requestTimeout: access.callTimeout * 1000,
      connectionTimeout: Math.min(access.callTimeout, 10) * 1000,
      throwOnRequestTimeout: true,
    },
  };
}

// Public parameters of SSM.
import { PalletError } from "../../engine/errors.ts";
import { type Access, clientConfig } from "./access.ts";
import { codeOf, inWords } from "./errors.ts";

/** Reads parameters of the region; the client is closed when it has answered. */
export async function parameters(
  access: Access,
): Promise<{ get(name: string, signal?: AbortSignal): Promise<string | undefined> }> {
  const { GetParameterCommand, SSMClient } = await import("./sdk_ssm.ts");
  return {
    async get(name, signal) {
      const client = new SSMClient(clientConfig(access));
      try {
        const options = signal === undefined ? {} : { abortSignal: signal };
        const { Parameter: parameter } = await client.send(new GetParameterCommand({ Name: name }), options);
        return parameter?.Value;
      } catch (thrown) {
        signal?.throwIfAborted();
        if (codeOf(thrown) === "ParameterNotFound") return undefined;
        throw inWords(thrown, `read parameter ${name} of SSM`);
      } finally {
        client.destroy();
      }
    },
  };
}

/** Reads public parameters of SSM, in which publishers tell their newest images. */
export function parameterReader(
  client: () => Promise<{ get(name: string, signal?: AbortSignal): Promise<string | undefined> }>,
): (name: string, signal?: AbortSignal) => Promise<string> {
  const known = new Map<string, string>();
  return async (name, signal) => {
    const value = known.get(name) ?? await (await client()).get(name, signal);
    if (value === undefined || !/^ami-[0-9a-z]+$/.test(value)) {
      throw new PalletError(`Parameter ${name} of SSM names no image`, { kind: "provider" });
    }
    known.set(name, value);
    return value;
  };
}

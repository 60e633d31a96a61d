// Public parameters of SSM.
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

// The least that a client of this kind can do, as a limit: one process, and for each node one connection and one
// channel, on which bash gets a script. `deno run -A bench/bare.ts IDENTITY SCRIPT ADDRESS...`
import { algorithmsFor } from "../engine/transport/algorithms.ts";
import { Client } from "../engine/transport/ssh2.ts";

const [identity = "", script = "", ...addresses] = Deno.args;
const privateKey = await Deno.readTextFile(identity);
const text = await Deno.readTextFile(script);

/** Exit status of the script on one node. */
function run(host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const client = new Client();
  client.on("error", reject).on("ready", () => {
    client.exec("bash -s", (error, channel) => {
      if (error !== undefined) return reject(error);
      channel.on("exit", (code: number | null) => resolve(code ?? 255)).on("close", () => client.end());
      channel.resume().stderr.resume();
      channel.end(text);
    });
  });
  client.connect({
    host,
    username: "root",
    privateKey,
    authHandler: ["publickey"],
    algorithms: algorithmsFor({ algorithms: {} }, []),
  });
  return promise;
}

const codes = await Promise.all(addresses.map(run));
Deno.exit(codes.every((code) => code === 0) ? 0 : 1);

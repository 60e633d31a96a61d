// A network of its own for a test: a namespace at the end of a cable, and a firewall in it that does what it is told.
import { has, isRoot } from "./needs.ts";

/** A network that a test made; nobody lives in it but its firewall. */
export interface TestNetwork {
  /** An address in it; nothing listens there. */
  readonly address: string;
  /** What happens to each TCP packet that comes in: `drop`, `reject with tcp reset`, `reject with icmp type host-unreachable`. */
  firewall(verdict: string): Promise<void>;
}

/** Why no network can be made here; nothing when one can. */
export async function networkMissing(): Promise<string | undefined> {
  if (!isRoot()) return "it needs root on Linux";
  for (const program of ["ip", "nft"]) if (!await has(program)) return `it needs ${program}`;
  const name = `pallet-probe-${Deno.pid}`;
  try {
    await run("ip", "netns", "add", name);
    await run("ip", "netns", "del", name);
    return undefined;
  } catch (thrown) {
    return `no network namespace can be made: ${thrown instanceof Error ? thrown.message : thrown}`;
  }
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args], stdin: "null" }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

let networks = 0;

/** Runs a body with a network that is taken down after it. */
export async function withNetwork<T>(body: (network: TestNetwork) => Promise<T>): Promise<T> {
  const number = ++networks;
  const name = `pallet-net-${Deno.pid}-${number}`;
  // Interfaces have names of fifteen characters at most.
  const [here, there] = ["a", "b"].map((end) => `pn${Deno.pid % 100000}${number}${end}`);
  const block = `198.18.${Deno.pid % 256}.${(number % 60) * 4}`;
  const at = (host: number) => block.replace(/\d+$/, (last) => String(Number(last) + host));
  const inside = (...args: readonly string[]) => run("ip", "netns", "exec", name, ...args);
  await run("ip", "netns", "add", name);
  try {
    await run("ip", "link", "add", here ?? "", "type", "veth", "peer", "name", there ?? "", "netns", name);
    await run("ip", "addr", "add", `${at(1)}/30`, "dev", here ?? "");
    await run("ip", "link", "set", here ?? "", "up");
    await inside("ip", "addr", "add", `${at(2)}/30`, "dev", there ?? "");
    await inside("ip", "link", "set", there ?? "", "up");
    return await body({
      address: at(2),
      async firewall(verdict) {
        await inside("nft", "flush", "ruleset");
        await inside("nft", "add", "table", "inet", "t");
        await inside("nft", "add chain inet t in { type filter hook input priority 0 ; }");
        await inside("nft", `add rule inet t in meta l4proto tcp ${verdict}`);
      },
    });
  } finally {
    // The cable goes with its end.
    await run("ip", "netns", "del", name);
  }
}

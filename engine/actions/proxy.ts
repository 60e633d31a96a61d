import { joinScripts } from "./scripts.ts";
import type { ScriptOptions } from "./definition.ts";
import { type Script, sh } from "../script/sh.ts";

/** Bash of an action that fetches, told of the proxy that the environment names, and of hosts that need none. */
export function withProxy(body: Script, { environment: { proxy, noProxy } }: ScriptOptions): Script {
  return joinScripts(
    ...typeof proxy === "string" ? [sh`pallet_proxy=${proxy}`] : [],
    ...Array.isArray(noProxy) && noProxy.length > 0 ? [sh`export no_proxy=${noProxy.join(",")}`] : [],
    body,
  );
}

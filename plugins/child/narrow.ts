// A compiled executable has the permissions that it was compiled with; a worker in it can have less.
import { home } from "../../engine/home.ts";
import { urlOf } from "../../engine/sandbox/spawn.ts";

/** Starts the plugin's part of this process with these permissions and no others: the hidden command `__plugin`. */
export function serveNarrowed(permissions: string): void {
  const worker = new Worker(urlOf(home.bundled ? "plugin.js" : "plugins/child/main.ts"), {
    type: "module",
    name: "plugin",
    deno: { permissions: JSON.parse(permissions) },
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    Deno.stderr.writeSync(new TextEncoder().encode(event.message));
    Deno.exit(1);
  });
}

// A project whose crates come from a host that a test plays.
import assert from "node:assert/strict";
import { join } from "node:path";
import { PalletError } from "../../engine/errors.ts";
import { withProject } from "../../engine/modules/fixture.ts";
import { type CrateOptions, loadGraph } from "../../engine/modules/project.ts";
import type { ModuleMap } from "../../engine/modules/types.ts";
import { type CrateHost, type Reply, withCrateHost } from "./crate_host.ts";

export const LIMITS = { answer: 20, idle: 20, whole: 60, pause: 0.01, bytes: 200_000 };
/** For hosts that are meant to be too slow. */
export const IMPATIENT = { ...LIMITS, answer: 0.4, idle: 0.4 };

/** A project and its host. */
export interface Stage {
  readonly folder: string;
  readonly host: CrateHost;
  /** Loads the infra file; `@` in it stands for the host. */
  load(infra: string, options?: CrateOptions): Promise<ModuleMap>;
  /** What goes wrong when it is loaded, as people read it. */
  failure(infra: string, options?: CrateOptions): Promise<string>;
  lock(): Promise<
    { ranges: Record<string, string>; redirects: Record<string, string>; modules: Record<string, string> }
  >;
}

export function onStage(
  files: Record<string, Reply>,
  run: (stage: Stage) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withCrateHost(files, (host) =>
    withProject({ "p/infra.ts": "" }, async (temporary) => {
      const folder = join(temporary, "p");
      const known: Record<string, string> = { JSR_URL: host.url, ...env };
      const load = async (infra: string, options: CrateOptions = {}) => {
        await Deno.writeTextFile(join(folder, "infra.ts"), infra.replaceAll("@/", `${host.url}/`));
        const crates = {
          cacheDir: join(temporary, "cache"),
          env: (name: string) => known[name],
          limits: LIMITS,
        };
        return await loadGraph(join(folder, "infra.ts"), { palletExports: ["groupSpec"] }, {
          ...crates,
          ...options,
        });
      };
      await run({
        folder,
        host,
        load,
        failure: async (infra, options) => {
          const error: unknown = await load(infra, options).then(() => undefined, (thrown) => thrown);
          assert.ok(error instanceof PalletError, `expected a PalletError, not ${Deno.inspect(error)}`);
          const { origin, message, help } = error;
          return `${origin?.file}:${origin?.line}: ${message}. ${help ?? ""}`.replaceAll(host.url, "HOST");
        },
        lock: async () =>
          JSON.parse((await Deno.readTextFile(join(folder, "pallet.lock"))).replaceAll(host.url, "HOST")),
      });
    }));
}

/** A reply of a type, or of none. */
export function typed(type: string | undefined, body: BodyInit, headers: Record<string, string> = {}): Reply {
  return () =>
    new Response(body, { headers: { ...(type === undefined ? {} : { "content-type": type }), ...headers } });
}

/** A reply that leads elsewhere. */
export function redirect(to: string, status = 302): Reply {
  return () => new Response(null, { status, headers: { location: to } });
}

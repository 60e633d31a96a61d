/**
 * nginx: the package, its sites, its service.
 *
 * @module
 */
import {
  type Action,
  checkOptions,
  defineAction,
  directory,
  file,
  onChange,
  packages,
  type PlanResult,
  remoteFile,
  type ServerSpec,
  serverSpec,
  service,
  setting,
  settingsKey,
  sh,
  symbolicLink,
  type TargetContext,
} from "pallet";

/** A site of nginx: static files below a folder, a proxy to another address, or directives of one's own. */
export interface Site {
  /** Name of its configuration file: letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /** Port to listen on; 80 unless told. */
  readonly port?: number;
  /** Names that the site answers to; all unless told. */
  readonly serverNames?: readonly string[];
  /** Folder of static files; made when it is missing. */
  readonly root?: string;
  /** Address that requests go on to, e.g. `http://127.0.0.1:8080`. */
  readonly proxyPass?: string;
  /** Directives to add to the server block, one a line, as nginx takes them. */
  readonly extra?: readonly string[];
}

/** What {@linkcode nginx} takes. */
export interface NginxOptions {
  readonly sites?: readonly Site[];
  /** Keeps the distribution's welcome site; `false` unless told. Of use on Debian and its kin alone. */
  readonly keepDefaultSite?: boolean;
}

/** What is wrong with a site, beyond its types. */
function siteProblem({ name, root, proxyPass, extra, serverNames = [] }: Site): string | undefined {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    return `its name, ${JSON.stringify(name)}, must be letters, digits, ".", "_" and "-", as it names a file`;
  }
  if (root === undefined && proxyPass === undefined && extra === undefined) {
    return "it needs root, proxyPass or extra: without them it would serve nothing";
  }
  // nginx would read a variable in it, and has no way to write a "$" as it is.
  if (root?.includes("$")) return `its root, ${JSON.stringify(root)}, must not have a "$" in it`;
  if (proxyPass !== undefined && !/^https?:\/\/[^\s]+$/.test(proxyPass)) {
    return `its proxyPass, ${JSON.stringify(proxyPass)}, must be an address as http://127.0.0.1:8080`;
  }
  const wrong = serverNames.find((serverName) => serverName === "" || /\s/.test(serverName));
  return wrong === undefined ? undefined : `its server name ${JSON.stringify(wrong)} must be one word`;
}

/** What is wrong with the sites together. */
function sitesProblem(sites: readonly Site[]): string | undefined {
  const names = sites.map((site) => site.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return `sites: two of them are called "${twice}"`;
  const problems = sites.map((site, at) => [at, siteProblem(site)] as const);
  const [at, problem] = problems.find(([, problem]) => problem !== undefined) ?? [];
  return problem === undefined ? undefined : `sites[${at}]: ${problem}`;
}

/** Settings of nginx on a target: ports by site, for balancers and firewalls. */
export type NginxSettings = {
  readonly sites: readonly { readonly name: string; readonly port: number }[];
};

/** Key of {@linkcode NginxSettings}. */
export const nginxSettings = settingsKey<NginxSettings>("nginx");

/** Where a family of systems keeps the configuration of sites. */
interface Layout {
  readonly folder: string;
  /** Folder of links to the sites in use; absent where all files of `folder` are used. */
  readonly enabled?: string;
  readonly extension: string;
}

function layout(family: string): Layout {
  return family === "rhel"
    ? { folder: "/etc/nginx/conf.d", extension: ".conf" }
    : { folder: "/etc/nginx/sites-available", enabled: "/etc/nginx/sites-enabled", extension: "" };
}

/** A value as one word of nginx's configuration. */
function word(value: string): string {
  return /^[\w./:*-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** A site as nginx's configuration. */
function configuration(site: Site): string {
  const { port = 80, serverNames = ["_"], root, proxyPass, extra = [] } = site;
  const body = [
    `listen ${port};`,
    `server_name ${serverNames.map(word).join(" ")};`,
    ...(root === undefined ? [] : [`root ${word(root)};`]),
    ...(proxyPass === undefined ? [] : [`location / {`, `    proxy_pass ${word(proxyPass)};`, `}`]),
    ...extra,
  ];
  return `server {\n${body.map((line) => `    ${line}\n`).join("")}}\n`;
}

/** See {@linkcode nginxTest}. */
const configurationTest = defineAction({
  kind: "nginx/test",
  fields: { paths: "path[]" },
  subject: () => "configuration",
  provides: () => [],
  // In a check it is then known whether an earlier action would change what is tested.
  needs: ({ paths }) => ["command:nginx", ...paths.map((path) => `path:${path}` as const)],
  script: () =>
    sh`
    if ! nginx -t -q 2>"$pallet_tmp/said"; then
      cat -- "$pallet_tmp/said" >&2
      first=$(grep -m 1 -F '[emerg]' "$pallet_tmp/said" || head -n 1 "$pallet_tmp/said")
      pallet_fail "nginx refuses its configuration, and was left as it runs: $first"
    fi`,
});

/**
 * Tests the configuration of nginx on the node, and fails with what nginx says. What follows it in a plan, such as a
 * reload, is then not run, so that the nginx that runs goes on with the configuration it has.
 *
 * @param paths Files that were put in place before it, for check mode.
 *
 * @example
 * ```ts
 * import { onChange, remoteFile, service } from "pallet";
 * import { nginxTest } from "pallet/crates/nginx";
 *
 * const conf = remoteFile("/etc/nginx/conf.d/limits.conf", { content: "client_max_body_size 20m;\n" });
 * const phase = () => [conf, nginxTest(["/etc/nginx/conf.d/limits.conf"]), onChange(conf, service("nginx", { action: "reload" }))];
 * ```
 */
export function nginxTest(paths: readonly string[] = []): Action {
  return configurationTest({ paths });
}

/** Where a site's configuration lies. */
function sitePath(site: Site, { folder, extension }: Layout): string {
  return `${folder}/${site.name}${extension}`;
}

/** Actions that bring one site in place. */
function siteActions(site: Site, place: Layout): readonly Action[] {
  const path = sitePath(site, place);
  const { enabled } = place;
  return [
    ...(site.root === undefined ? [] : [directory(site.root, { mode: "0755" })]),
    remoteFile(path, { content: configuration(site), mode: "0644" }),
    ...(enabled === undefined ? [] : [symbolicLink(path, `${enabled}/${site.name}`)]),
  ];
}

function configure(
  { facts }: TargetContext,
  { sites = [], keepDefaultSite = false }: NginxOptions,
): PlanResult {
  const place = layout(facts.os.family);
  const siteFiles = sites.flatMap((site) => siteActions(site, place));
  const removed = keepDefaultSite || place.enabled === undefined
    ? []
    : [file(`${place.enabled}/default`, { action: "delete" })];
  const all = [...removed, ...siteFiles];
  return [
    packages("nginx"),
    ...all,
    nginxTest(sites.map((site) => sitePath(site, place))),
    service("nginx", { action: ["enable", "start"] }),
    ...(all.length === 0 ? [] : [onChange(all, service("nginx", { action: "reload" }))]),
  ];
}

/**
 * A server spec with nginx and its sites. Phases: `settings`, `configure`, and `nginx-restart`.
 *
 * @throws {PalletError} for an unknown key or a wrong value, for a site with neither `root` nor `proxyPass` nor `extra`, and
 * for two sites of one name.
 *
 * @example
 * ```ts
 * import { groupSpec } from "pallet";
 * import { nginx } from "pallet/crates/nginx";
 *
 * groupSpec("web", { count: 2, extends: nginx({ sites: [{ name: "app", root: "/srv/app" }] }) });
 * ```
 */
export function nginx(options: NginxOptions = {}): ServerSpec {
  const checked = checkOptions(nginx, options, {
    sites: {
      each: {
        name: "line",
        port: "port?",
        serverNames: "line[]?",
        root: "path?",
        proxyPass: "line?",
        extra: "line[]?",
      },
      optional: true,
    },
    keepDefaultSite: "boolean?",
  }, ({ sites = [] }) => sitesProblem(sites));
  const ports = (checked.sites ?? []).map(({ name, port = 80 }) => ({ name, port }));
  return serverSpec({
    roles: "web",
    phases: {
      settings: () => setting(nginxSettings, { sites: ports }),
      configure: (context) => configure(context, checked),
      "nginx-restart": () => [nginxTest(), service("nginx", { action: "restart" })],
    },
  });
}

/**
 * nginx: the package, its sites, its service.
 *
 * @module
 */
import {
  type Action,
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
  symbolicLink,
  type TargetContext,
} from "pallet";

/** A site of nginx: static files below a folder, or a proxy to another address. */
export interface Site {
  /** Name of its configuration file. */
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
  /** Keeps the distribution's welcome site; `false` unless told. */
  readonly keepDefaultSite?: boolean;
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

/** A site as nginx's configuration. */
function configuration(site: Site): string {
  const body = [
    `listen ${site.port ?? 80};`,
    `server_name ${site.serverNames?.join(" ") ?? "_"};`,
    ...(site.root === undefined ? [] : [`root ${site.root};`]),
    ...(site.proxyPass === undefined ? [] : [`location / {`, `    proxy_pass ${site.proxyPass};`, `}`]),
    ...(site.extra ?? []),
  ];
  return `server {\n${body.map((line) => `    ${line}\n`).join("")}}\n`;
}

/** Actions that bring one site in place; its configuration is tested before nginx hears of it. */
function siteActions(site: Site, { folder, enabled, extension }: Layout): readonly Action[] {
  const path = `${folder}/${site.name}${extension}`;
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
    service("nginx", { action: ["enable", "start"] }),
    ...(all.length === 0 ? [] : [onChange(all, service("nginx", { action: "reload" }))]),
  ];
}

/**
 * A server spec with nginx and its sites. Phases: `settings`, `configure`, and `nginx-restart`.
 *
 * @throws {PalletError} for a site without a name, or with neither `root` nor `proxyPass` nor `extra`.
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
  const ports = (options.sites ?? []).map(({ name, port = 80 }) => ({ name, port }));
  return serverSpec({
    roles: "web",
    phases: {
      settings: () => setting(nginxSettings, { sites: ports }),
      configure: (context) => configure(context, options),
      "nginx-restart": () => service("nginx", { action: "restart" }),
    },
  });
}

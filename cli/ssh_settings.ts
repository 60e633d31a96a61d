// How a node is reached, for people: what ssh's configuration and the service decide, and who of them does.
import type { sshSettings } from "../engine/run.ts";
import { showTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

type Settings = Awaited<ReturnType<typeof sshSettings>>;
type Hop = Settings["proxyJump"][number];

interface Row {
  readonly setting: string;
  readonly value: string;
  /** Who says so; nothing: it is what stands when nobody says anything. */
  readonly from?: string;
}

function hopText({ host, user, port }: Hop): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${user === undefined ? "" : `${user}@`}${name}${port === undefined ? "" : `:${port}`}`;
}

/** By name in the settings: the name that ssh_config(5) has for it, and its values. */
function valuesOf(
  settings: Settings,
): readonly (readonly [key: string, name: string, values: readonly string[]])[] {
  const one = (value: string | number | undefined) =>
    value === undefined || value === "" ? [] : [String(value)];
  const flag = (value: boolean) => value ? ["yes"] : [];
  const { algorithms, proxyJump } = settings;
  return [
    ["host", "Host", [settings.host]],
    ["hostName", "HostName", [settings.hostName]],
    ["port", "Port", [String(settings.port)]],
    ["user", "User", [settings.user]],
    ["identityFiles", "IdentityFile", settings.identityFiles],
    ["certificateFiles", "CertificateFile", settings.certificateFiles],
    ["identitiesOnly", "IdentitiesOnly", flag(settings.identitiesOnly)],
    ["identityAgent", "IdentityAgent", one(settings.identityAgent)],
    ["forwardAgent", "ForwardAgent", flag(settings.forwardAgent)],
    ["proxyJump", "ProxyJump", one(proxyJump.map(hopText).join(","))],
    ["proxyCommand", "ProxyCommand", one(settings.proxyCommand)],
    ["userKnownHostsFiles", "UserKnownHostsFile", settings.userKnownHostsFiles],
    ["globalKnownHostsFiles", "GlobalKnownHostsFile", settings.globalKnownHostsFiles],
    ["strictHostKeyChecking", "StrictHostKeyChecking", [settings.strictHostKeyChecking]],
    ["hostKeyAlias", "HostKeyAlias", one(settings.hostKeyAlias)],
    ["revokedHostKeys", "RevokedHostKeys", one(settings.revokedHostKeys)],
    ["connectTimeout", "ConnectTimeout", one(settings.connectTimeout)],
    ["connectionAttempts", "ConnectionAttempts", [String(settings.connectionAttempts)]],
    ["serverAliveInterval", "ServerAliveInterval", one(settings.serverAliveInterval || undefined)],
    ["serverAliveCountMax", "ServerAliveCountMax", [String(settings.serverAliveCountMax)]],
    ["addressFamily", "AddressFamily", [settings.addressFamily]],
    ["bindAddress", "BindAddress", one(settings.bindAddress)],
    ["bindInterface", "BindInterface", one(settings.bindInterface)],
    ["compression", "Compression", flag(settings.compression)],
    ["algorithms.kex", "KexAlgorithms", one(algorithms.kex)],
    ["algorithms.cipher", "Ciphers", one(algorithms.cipher)],
    ["algorithms.hmac", "MACs", one(algorithms.hmac)],
    ["algorithms.hostKey", "HostKeyAlgorithms", one(algorithms.hostKey)],
    ["algorithms.publicKey", "PubkeyAcceptedAlgorithms", one(algorithms.publicKey)],
    ["requiredRsaSize", "RequiredRSASize", [String(settings.requiredRsaSize)]],
  ];
}

/** The settings line by line; values of a list are lines of their own. */
export function settingsRows(settings: Settings): readonly Row[] {
  const sent = Object.entries(settings.environment).map(([name, value]): Row => ({
    setting: "SetEnv",
    value: `${name}=${value}`,
  }));
  const rows = valuesOf(settings).flatMap(([key, setting, values]) =>
    values.map((value, at): Row => {
      const places = settings.origins[key];
      const from = places?.[at] ?? places?.[0];
      return { setting, value, ...(from === undefined ? {} : { from }) };
    })
  );
  return [...rows, ...sent];
}

/** Shows how a node is reached. */
export function showSettings(
  settings: Settings,
  { json, terminal }: { readonly json: boolean; readonly terminal: Terminal },
): void {
  if (json) return terminal.out.write(`${JSON.stringify(settings, null, 2)}\n`);
  const columns = [
    { title: "SETTING", of: (row: Row) => row.setting },
    { title: "VALUE", of: (row: Row) => row.value },
    { title: "FROM", of: (row: Row) => row.from ?? "default" },
  ];
  showTable(settingsRows(settings), columns, { json, terminal, none: "" });
  for (const text of settings.ignored) terminal.err.write(`ignored: ${text}\n`);
}

// What the tests of this folder share.
import type { SshSettings } from "../ssh_settings.ts";
import type { Place, Watch } from "./host.ts";

/** Hears nothing. */
export const quiet: Watch = { step() {}, queued() {}, begun() {}, again() {} };

/** A host about which no configuration says anything but this. */
export function placeAt(changes: Partial<SshSettings>): Place {
  const settings: SshSettings & { readonly requiredRsaSize: number } = {
    host: "127.0.0.1",
    hostName: "127.0.0.1",
    port: 22,
    user: "root",
    identityFiles: [],
    identitiesNamed: false,
    certificateFiles: [],
    identitiesOnly: false,
    proxyJump: [],
    userKnownHostsFiles: [],
    globalKnownHostsFiles: [],
    strictHostKeyChecking: "ask",
    connectionAttempts: 1,
    serverAliveInterval: 0,
    serverAliveCountMax: 3,
    addressFamily: "any",
    algorithms: {},
    compression: false,
    environment: {},
    forwardAgent: false,
    requiredRsaSize: 1024,
    ignored: [],
    origins: {},
    ...changes,
  };
  const { hostName: address, port, user } = settings;
  const route = { kind: "ssh", hostKeyAlias: "node-1", hostKeys: [], identities: [] } as const;
  return { route: { ...route, address, port, user }, settings };
}

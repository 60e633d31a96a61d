import assert from "node:assert/strict";
import { settingsRows } from "./ssh_settings.ts";

const settings: Parameters<typeof settingsRows>[0] = {
  host: "web",
  hostName: "web.example.org",
  port: 2200,
  user: "ops",
  identityFiles: ["/home/ann/.ssh/a", "/home/ann/.ssh/b"],
  identitiesNamed: true,
  certificateFiles: [],
  identitiesOnly: false,
  proxyJump: [{ host: "gate", user: "me" }, { host: "fd00::1", port: 23 }],
  userKnownHostsFiles: [],
  globalKnownHostsFiles: [],
  strictHostKeyChecking: "ask",
  connectionAttempts: 1,
  serverAliveInterval: 0,
  serverAliveCountMax: 3,
  addressFamily: "any",
  algorithms: { cipher: "-*cbc" },
  requiredRsaSize: 1024,
  compression: false,
  environment: { LANG: "C" },
  forwardAgent: false,
  ignored: [],
  origins: {
    port: ["pallet.yaml:4"],
    identityFiles: ["~/.ssh/config:3", "~/.ssh/config:7"],
    "algorithms.cipher": ["/etc/ssh/ssh_config:9"],
  },
};

Deno.test("settingsRows() has a line for each value, with who says it", () => {
  const rows = settingsRows(settings);
  const lines = rows.map(({ setting, value, from = "" }) => `${setting} ${value} ${from}`.trim());
  assert.deepEqual(lines, [
    "Host web",
    "HostName web.example.org",
    "Port 2200 pallet.yaml:4",
    "User ops",
    "IdentityFile /home/ann/.ssh/a ~/.ssh/config:3",
    "IdentityFile /home/ann/.ssh/b ~/.ssh/config:7",
    "ProxyJump me@gate,[fd00::1]:23",
    "StrictHostKeyChecking ask",
    "ConnectionAttempts 1",
    "ServerAliveCountMax 3",
    "AddressFamily any",
    "Ciphers -*cbc /etc/ssh/ssh_config:9",
    "RequiredRSASize 1024",
    "SetEnv LANG=C",
  ]);
});

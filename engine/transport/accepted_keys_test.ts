import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { Buffer } from "node:buffer";
import { notAccepted } from "./accepted_keys.ts";
import { joined } from "../bytes.ts";
import { field, mpint } from "./wire.ts";

const none = new Uint8Array();

Deno.test("notAccepted() goes by PubkeyAcceptedAlgorithms: a list, or what it takes from ssh's own", () => {
  const cases: readonly [string, string, boolean][] = [
    ["", "ssh-ed25519", true],
    ["+ssh-dss", "ssh-ed25519", true],
    ["^ecdsa*", "ssh-ed25519", true],
    ["-ecdsa*,ssh-ed25519", "ssh-ed25519", false],
    ["-ecdsa*", "ssh-ed25519", true],
    ["ssh-ed25519*", "ssh-ed25519-cert-v01@openssh.com", true],
    ["ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", false],
    ["ssh-ed25519,rsa-sha2-512-cert-v01@openssh.com", "ssh-rsa-cert-v01@openssh.com", true],
    ["ssh-rsa", "ssh-rsa-cert-v01@openssh.com", false],
  ];
  for (const [algorithms, type, expected] of cases) {
    const why = notAccepted(none, type, { algorithms, rsaSize: 1024 });
    assert.equal(why === undefined, expected, `${algorithms} ${type}`);
    if (why !== undefined) assert.match(why, /not allowed by PubkeyAcceptedAlgorithms/);
  }
});

Deno.test("notAccepted() counts the bits of RSA keys", () => {
  for (const modulusLength of [1024, 2048]) {
    const { n = "", e = "" } = generateKeyPairSync("rsa", { modulusLength }).publicKey.export({
      format: "jwk",
    });
    const numbers = [e, n].map((number) => mpint(Buffer.from(number, "base64url")));
    const blob = joined([field("ssh-rsa"), ...numbers]);
    assert.equal(notAccepted(blob, "ssh-rsa", { rsaSize: modulusLength }), undefined);
    assert.equal(
      notAccepted(blob, "ssh-rsa", { rsaSize: modulusLength + 1 }),
      `it has ${modulusLength} bits, and RequiredRSASize asks for ${modulusLength + 1}`,
    );
  }
});

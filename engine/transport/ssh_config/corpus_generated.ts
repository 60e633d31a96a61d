// Configurations by chance, for the comparison with OpenSSH.
import fc from "fast-check";
import type { Case } from "./corpus_case.ts";

const word = fc.constantFrom(
  "a",
  "ops",
  "web-1",
  "x.example.org",
  "~/.ssh/k",
  "b c",
  "%h",
  "%r-%p",
  "10.0.0.5",
  "é",
);

/** A word as it may be written. */
const written = fc.tuple(word, fc.nat(5)).map(([text, style]) => {
  const blank = text.includes(" ");
  if (style === 0) return `"${text}"`;
  if (style === 1) return `'${text}'`;
  return blank ? text.replace(" ", "\\ ") : text;
});

const patterns = fc.array(
  fc.constantFrom(
    "*",
    "web-*",
    "web-1",
    "*.example.org",
    "!web-1",
    "!*.org",
    "10.0.?.*",
    "db*",
    "GATE",
    "?b.*",
    "r.*",
  ),
  { minLength: 1, maxLength: 3 },
);

// Versions differ in whether `!final` asks for a final reading.
const criterion = fc.oneof(
  patterns.map((list) => `host ${list.join(",")}`),
  patterns.map((list) => `originalhost ${list.join(",")}`),
  patterns.map((list) => `!host ${list.join(",")}`),
  fc.constantFrom(
    "user ops,a",
    "!user ops",
    "user root",
    "localuser *",
    "localuser nobody",
    "canonical",
    "final",
  ),
  fc.constantFrom(
    "exec true",
    "!exec true",
    'exec "test %r = ops"',
    'exec "test %h = web-1"',
    "!canonical",
  ),
);

const section = fc.oneof(
  { weight: 3, arbitrary: patterns.map((list) => `Host ${list.join(" ")}`) },
  {
    weight: 3,
    arbitrary: fc.array(criterion, { minLength: 1, maxLength: 3 }).map((all) => `Match ${all.join(" ")}`),
  },
  { weight: 1, arbitrary: fc.constantFrom("Match all", "Match host", "Host", "Match !all") },
);

const setting = fc.oneof(
  // Tokens in User are for newer versions of ssh alone.
  written.filter((text) => !text.includes("%")).map((text) => `User ${text}`),
  written.map((text) => `IdentityFile ${text}`),
  written.map((text) => `HostKeyAlias ${text}`),
  written.map((text) => `CertificateFile=${text}`),
  fc.array(written, { minLength: 1, maxLength: 3 }).map((all) => `UserKnownHostsFile ${all.join(" ")}`),
  fc.constantFrom(
    "HostName r.%h",
    "HostName %h",
    "HostName 10.0.0.9",
    "HostName r.example.org",
    "HostName %z",
  ),
  fc.nat(70_000).map((port) => `Port ${port}`),
  fc.constantFrom(
    "ProxyJump gate",
    "ProxyJump none",
    "ProxyJump a@b:22,c",
    "ProxyCommand nc %h %p",
    "ProxyCommand none",
  ),
  fc.constantFrom("ConnectTimeout 5", "ConnectTimeout none", "ConnectTimeout 1m", "ServerAliveInterval 9"),
  fc.constantFrom("SendEnv A B*", "SendEnv -B*", "SetEnv A=1", "SetEnv 'B=2 3' C=4", "SendEnv LANG"),
  fc.constantFrom("IdentitiesOnly yes", "IdentityAgent none", "IdentityAgent $FOO", "IdentityAgent ~/a.%n"),
  fc.constantFrom("StrictHostKeyChecking yes", "StrictHostKeyChecking accept-new", "AddressFamily inet6"),
  fc.constantFrom("CanonicalizeHostname yes", "CanonicalizeMaxDots 0", "# nothing", "", "Compression yes"),
  fc.constantFrom(
    "Include @DIR@/one",
    "Include @DIR@/t*",
    "Include @DIR@/one @DIR@/two",
    "Include @DIR@/absent",
  ),
);

const body = fc.array(fc.oneof({ weight: 1, arbitrary: section }, { weight: 3, arbitrary: setting }), {
  minLength: 1,
  maxLength: 14,
}).map((all) => `${all.join("\n")}\n`);

/** What an included file holds: files that include themselves are a matter of the corpus by hand. */
const part = body.map((text) => text.replaceAll(/^Include .*$/gm, "Port 2222"));

/** A configuration with two files that it may include. */
export const generatedCase: fc.Arbitrary<Case> = fc.record({
  config: body,
  files: fc.record({ one: part, two: part }),
});

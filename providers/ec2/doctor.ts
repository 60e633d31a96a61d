// A look at an account: who we are there, what we may do, and how much there is room for.
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { Diagnosis, Problem } from "../../engine/provider/provider.ts";
import { type Access, accessOf } from "./access.ts";
import { type Identity, identityOf, type Quotas, quotasOf } from "./account.ts";
import type { Ec2Api } from "./api.ts";
import type { Ec2Image } from "./image.ts";
import type { Ec2Options } from "./options.ts";
import { permissionsOf, type Verdict } from "./permissions.ts";

function problemOf(path: string, thrown: unknown): Problem {
  const help = thrown instanceof PalletError ? thrown.help : undefined;
  return { path, message: messageOf(thrown), ...(help === undefined ? {} : { help }) };
}

function permissionsFound(
  permissions: Readonly<Record<string, Verdict>>,
  { arn }: Identity,
): Diagnosis {
  const all = Object.entries(permissions);
  const allowed = all.filter(([, verdict]) => verdict === "allowed").map(([name]) => name);
  const unknown = all.filter(([, verdict]) => verdict.startsWith("unknown"))
    .map(([name, verdict]) => `${name} (${verdict.slice("unknown: ".length)})`);
  return {
    found: [
      `may call ${allowed.join(" ")}`,
      ...(unknown.length === 0 ? [] : [`whether it may call ${unknown.join(", ")} is not known`]),
    ],
    problems: all.filter(([, verdict]) => verdict === "forbidden").map(([name]) => ({
      path: `permissions.${name}`,
      message: `${arn} may not call ${name}`,
      help: "The permissions that are needed are in docs/guides/ec2.md.",
    })),
  };
}

function quotasFound({ onDemand, spot }: Quotas): Diagnosis {
  const said = [
    ...(onDemand === undefined ? [] : [`${onDemand} on demand`]),
    ...(spot === undefined ? [] : [`${spot} at spot prices`]),
  ];
  return {
    found: said.length === 0 ? [] : [`room for virtual cores: ${said.join(", ")}`],
    problems: onDemand !== 0 ? [] : [{
      path: "quotas.onDemand",
      message: "the account may run no instances on demand",
      help: "Ask AWS for a higher quota on running standard instances.",
    }],
  };
}

async function quotasOrWhyNot(access: Access, signal?: AbortSignal): Promise<Diagnosis> {
  try {
    return quotasFound(await quotasOf(access, signal));
  } catch (thrown) {
    signal?.throwIfAborted();
    // Nodes can be made without knowing.
    return { found: [`how much there is room for is not known: ${messageOf(thrown)}`], problems: [] };
  }
}

/**
 * Looks at the account of a service. Nothing is made or changed there.
 *
 * @param image finds what nodes are made of whose spec asks for nothing
 */
export async function doctor(
  options: Ec2Options,
  api: Ec2Api,
  image: (signal?: AbortSignal) => Promise<Ec2Image | undefined>,
  signal?: AbortSignal,
): Promise<Diagnosis> {
  let access: Access;
  let identity: Identity;
  try {
    access = { ...accessOf(options), region: await api.region() };
    identity = await identityOf(access, signal);
  } catch (thrown) {
    return { found: [], problems: [problemOf("credentials", thrown)] };
  }
  const { scope, vpc, subnet } = options;
  const questions = {
    api,
    scope,
    // Who may not list images is told so below.
    image: await image(signal).catch(() => undefined),
    ...(vpc === undefined ? {} : { vpc }),
    ...(subnet === undefined ? {} : { subnet }),
  };
  const [permissions, quotas] = await Promise.all([
    permissionsOf(questions, signal),
    quotasOrWhyNot(access, signal),
  ]);
  const may = permissionsFound(permissions, identity);
  return {
    found: [
      `account ${identity.account} as ${identity.arn} in ${access.region}`,
      ...may.found,
      ...quotas.found,
    ],
    problems: [...may.problems, ...quotas.problems],
  };
}

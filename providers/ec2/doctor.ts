// A look at an account: who we are there, what we may do, and how much there is room for.
import { messageOf, PalletError } from "../../engine/errors.ts";
import type { Problem, ServiceConfig } from "../../engine/provider/provider.ts";
import { type Access, clientConfig, openApi } from "./api.ts";
import { codeOf, inWords } from "./errors.ts";
import { ec2Options } from "./options.ts";
import { accessOf } from "./provider.ts";
import { plainTags, TAG } from "./tags.ts";

/** What a look at an account found. Plain data. */
export interface Ec2Diagnosis {
  readonly region?: string;
  /** Who AWS takes us for. */
  readonly identity?: { readonly account: string; readonly arn: string };
  /** Actions of EC2, and whether we may do them; `unknown` where EC2 gave another answer. */
  readonly permissions: Readonly<Record<string, "allowed" | "forbidden" | "unknown">>;
  /** Virtual cores that may run at one time. */
  readonly quotas: { readonly onDemand?: number; readonly spot?: number };
  readonly problems: readonly Problem[];
}

/** Codes of the quotas on virtual cores of standard instances. */
const quotaCodes = { onDemand: "L-1216C47A", spot: "L-34B43A08" } as const;

async function identityOf(
  access: Access,
  signal?: AbortSignal,
): Promise<NonNullable<Ec2Diagnosis["identity"]>> {
  const { GetCallerIdentityCommand, STSClient } = await import("./sdk_account.ts");
  const client = new STSClient(clientConfig(access));
  try {
    const answer = await client.send(
      new GetCallerIdentityCommand({}),
      signal === undefined ? {} : { abortSignal: signal },
    );
    return { account: answer.Account ?? "", arn: answer.Arn ?? "" };
  } catch (thrown) {
    signal?.throwIfAborted();
    throw inWords(thrown, "ask AWS who we are");
  } finally {
    client.destroy();
  }
}

async function quotasOf(access: Access, signal?: AbortSignal): Promise<Ec2Diagnosis["quotas"]> {
  const { GetServiceQuotaCommand, ServiceQuotasClient } = await import("./sdk_account.ts");
  const client = new ServiceQuotasClient(clientConfig(access));
  const quota = async (QuotaCode: string): Promise<number | undefined> => {
    const command = new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode });
    const { Quota } = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
    return Quota?.Value;
  };
  try {
    const [onDemand, spot] = await Promise.all([quota(quotaCodes.onDemand), quota(quotaCodes.spot)]);
    return { ...(onDemand === undefined ? {} : { onDemand }), ...(spot === undefined ? {} : { spot }) };
  } catch (thrown) {
    signal?.throwIfAborted();
    throw inWords(thrown, "read the quotas of EC2");
  } finally {
    client.destroy();
  }
}

/** Whether a call that only asks whether it would be allowed was. */
async function allowed(work: () => Promise<unknown>): Promise<"allowed" | "forbidden" | "unknown"> {
  try {
    await work();
    return "allowed";
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === "DryRunOperation") return "allowed";
    return /^(?:UnauthorizedOperation|AccessDenied)/.test(code) ? "forbidden" : "unknown";
  }
}

function problemOf(path: string, thrown: unknown): Problem {
  const help = thrown instanceof PalletError ? thrown.help : undefined;
  return { path, message: messageOf(thrown), ...(help === undefined ? {} : { help }) };
}

/** Looks at the account of a service. Nothing is made or changed there. */
export async function doctor(service: ServiceConfig, signal?: AbortSignal): Promise<Ec2Diagnosis> {
  const options = ec2Options(service);
  const access = accessOf(options);
  const api = openApi(access);
  try {
    let region: string;
    let identity: NonNullable<Ec2Diagnosis["identity"]>;
    try {
      region = await api.region();
      identity = await identityOf({ ...access, region }, signal);
    } catch (thrown) {
      return { permissions: {}, quotas: {}, problems: [problemOf("credentials", thrown)] };
    }
    const problems: Problem[] = [];
    const TagSpecifications = [{
      ResourceType: "security-group" as const,
      Tags: plainTags({ [TAG.service]: options.scope }),
    }];
    const DryRun = true;
    const calls = {
      DescribeInstances: () => api.describeInstances({ DryRun }, signal),
      DescribeImages: () => api.describeImages({ DryRun, Owners: ["self"] }, signal),
      DescribeInstanceTypes: () => api.describeInstanceTypes({ DryRun }, signal),
      DescribeSubnets: () => api.describeSubnets({ DryRun }, signal),
      DescribeSecurityGroups: () => api.describeSecurityGroups({ DryRun }, signal),
      CreateSecurityGroup: () =>
        api.createSecurityGroup({
          DryRun,
          GroupName: `pallet ${options.scope} doctor`,
          Description: "asked for, never made",
          ...(options.vpc === undefined ? {} : { VpcId: options.vpc }),
          TagSpecifications,
        }, signal),
      DescribeKeyPairs: () => api.describeKeyPairs({ DryRun }, signal),
      ImportKeyPair: () =>
        api.importKeyPair({
          DryRun,
          KeyName: `pallet-${options.scope}-doctor`,
          PublicKeyMaterial: new TextEncoder().encode("ssh-ed25519 AAAA"),
        }, signal),
    };
    const permissions: Record<string, "allowed" | "forbidden" | "unknown"> = {};
    await Promise.all(
      Object.entries(calls).map(async ([name, work]) => void (permissions[name] = await allowed(work))),
    );
    for (const [name, verdict] of Object.entries(permissions)) {
      if (verdict !== "forbidden") continue;
      problems.push({
        path: `permissions.${name}`,
        message: `${identity.arn} may not call ${name}`,
        help: "The permissions that are needed are in docs/guides/ec2.md.",
      });
    }
    let quotas: Ec2Diagnosis["quotas"] = {};
    try {
      quotas = await quotasOf({ ...access, region }, signal);
    } catch (thrown) {
      problems.push(problemOf("quotas", thrown));
    }
    return { region, identity, permissions, quotas, problems };
  } finally {
    api.close();
  }
}

// The account behind the credentials: who we are there, and how much there is room for.
import { type Access, clientConfig } from "./access.ts";
import { inWords } from "./errors.ts";

/** Who AWS takes us for. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/** Virtual cores of standard instances that may run at one time. */
export interface Quotas {
  readonly onDemand?: number;
  readonly spot?: number;
}

/** Codes of these quotas. */
const quotaCodes = { onDemand: "L-1216C47A", spot: "L-34B43A08" } as const;

/** Who we are. @throws {PalletError} when AWS does not say. */
export async function identityOf(access: Access, signal?: AbortSignal): Promise<Identity> {
  const { GetCallerIdentityCommand, STSClient } = await import("./sdk_account.ts");
  const client = new STSClient(clientConfig(access));
  try {
    const options = signal === undefined ? {} : { abortSignal: signal };
    const answer = await client.send(new GetCallerIdentityCommand({}), options);
    return { account: answer.Account ?? "", arn: answer.Arn ?? "" };
  } catch (thrown) {
    signal?.throwIfAborted();
    throw inWords(thrown, "ask AWS who we are");
  } finally {
    client.destroy();
  }
}

/** How much there is room for. @throws {PalletError} when AWS does not say. */
export async function quotasOf(access: Access, signal?: AbortSignal): Promise<Quotas> {
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

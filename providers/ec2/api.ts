// The calls that are made to EC2, each with its words for when it fails, and a count of them.
import type * as Sdk from "@aws-sdk/client-ec2";
import { type Access, clientConfig } from "./access.ts";
import { inWords } from "./errors.ts";

/** One kind of call. */
export type Call<I, O> = (input: I, signal?: AbortSignal) => Promise<O>;

/** EC2 of one account and region. All calls throw `PalletError` of kind `provider`, with what AWS said as its cause. */
export interface Ec2Api {
  readonly describeInstances: Call<Sdk.DescribeInstancesRequest, Sdk.DescribeInstancesResult>;
  readonly describeInstanceStatus: Call<Sdk.DescribeInstanceStatusRequest, Sdk.DescribeInstanceStatusResult>;
  readonly describeImages: Call<Sdk.DescribeImagesRequest, Sdk.DescribeImagesResult>;
  readonly describeInstanceTypes: Call<Sdk.DescribeInstanceTypesRequest, Sdk.DescribeInstanceTypesResult>;
  readonly describeRegions: Call<Sdk.DescribeRegionsRequest, Sdk.DescribeRegionsResult>;
  readonly describeSubnets: Call<Sdk.DescribeSubnetsRequest, Sdk.DescribeSubnetsResult>;
  readonly describeKeyPairs: Call<Sdk.DescribeKeyPairsRequest, Sdk.DescribeKeyPairsResult>;
  readonly importKeyPair: Call<Sdk.ImportKeyPairRequest, Sdk.ImportKeyPairResult>;
  readonly deleteKeyPair: Call<Sdk.DeleteKeyPairRequest, Sdk.DeleteKeyPairResult>;
  readonly describeSecurityGroups: Call<Sdk.DescribeSecurityGroupsRequest, Sdk.DescribeSecurityGroupsResult>;
  readonly createSecurityGroup: Call<Sdk.CreateSecurityGroupRequest, Sdk.CreateSecurityGroupResult>;
  readonly deleteSecurityGroup: Call<Sdk.DeleteSecurityGroupRequest, unknown>;
  readonly authorizeIngress: Call<Sdk.AuthorizeSecurityGroupIngressRequest, unknown>;
  readonly revokeIngress: Call<Sdk.RevokeSecurityGroupIngressRequest, unknown>;
  readonly createTags: Call<Sdk.CreateTagsRequest, unknown>;
  readonly deleteTags: Call<Sdk.DeleteTagsRequest, unknown>;
  readonly runInstances: Call<Sdk.RunInstancesRequest, Sdk.Reservation>;
  readonly startInstances: Call<Sdk.StartInstancesRequest, unknown>;
  readonly stopInstances: Call<Sdk.StopInstancesRequest, unknown>;
  readonly rebootInstances: Call<Sdk.RebootInstancesRequest, unknown>;
  readonly terminateInstances: Call<Sdk.TerminateInstancesRequest, unknown>;
  readonly consoleOutput: Call<Sdk.GetConsoleOutputRequest, Sdk.GetConsoleOutputResult>;
  /** The region that is used: the one that was told, or that the SDK found. */
  region(): Promise<string>;
  /** Finds region and credentials, and asks nobody but who gives credentials. */
  prepare(): Promise<void>;
  /** Calls so far, by kind; a retry of the SDK is none. */
  readonly counts: Readonly<Record<string, number>>;
  close(): void;
}

/** EC2 as the options of a service reach it. Nothing is loaded or asked before the first call. */
export function openApi(access: Access): Ec2Api {
  type Modules = typeof import("./sdk.ts");
  const counts: Record<string, number> = {};
  let opened: Promise<{ sdk: Modules; client: Sdk.EC2Client }> | undefined;
  const open = () =>
    opened ??= import("./sdk.ts").then((sdk) => ({
      sdk,
      client: new sdk.EC2Client(clientConfig(access)),
    }));

  const call = <I, O>(
    name: string,
    what: string,
    send: (modules: Modules, client: Sdk.EC2Client, input: I, abortSignal?: AbortSignal) => Promise<O>,
  ): Call<I, O> =>
  async (input, signal) => {
    signal?.throwIfAborted();
    const { sdk, client } = await open();
    counts[name] = (counts[name] ?? 0) + 1;
    try {
      return await send(sdk, client, input, signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      throw inWords(thrown, what);
    }
  };
  const http = (abortSignal?: AbortSignal) => abortSignal === undefined ? {} : { abortSignal };

  return {
    describeInstances: call(
      "DescribeInstances",
      "list instances",
      (sdk, client, input, signal) => client.send(new sdk.DescribeInstancesCommand(input), http(signal)),
    ),
    describeInstanceStatus: call(
      "DescribeInstanceStatus",
      "read the status of instances",
      (sdk, client, input, signal) => client.send(new sdk.DescribeInstanceStatusCommand(input), http(signal)),
    ),
    describeImages: call(
      "DescribeImages",
      "list images",
      (sdk, client, input, signal) => client.send(new sdk.DescribeImagesCommand(input), http(signal)),
    ),
    describeInstanceTypes: call(
      "DescribeInstanceTypes",
      "list instance types",
      (sdk, client, input, signal) => client.send(new sdk.DescribeInstanceTypesCommand(input), http(signal)),
    ),
    describeRegions: call(
      "DescribeRegions",
      "list regions",
      (sdk, client, input, signal) => client.send(new sdk.DescribeRegionsCommand(input), http(signal)),
    ),
    describeSubnets: call(
      "DescribeSubnets",
      "list subnets",
      (sdk, client, input, signal) => client.send(new sdk.DescribeSubnetsCommand(input), http(signal)),
    ),
    describeKeyPairs: call(
      "DescribeKeyPairs",
      "list key pairs",
      (sdk, client, input, signal) => client.send(new sdk.DescribeKeyPairsCommand(input), http(signal)),
    ),
    importKeyPair: call(
      "ImportKeyPair",
      "import a key pair",
      (sdk, client, input, signal) => client.send(new sdk.ImportKeyPairCommand(input), http(signal)),
    ),
    deleteKeyPair: call(
      "DeleteKeyPair",
      "delete a key pair",
      (sdk, client, input, signal) => client.send(new sdk.DeleteKeyPairCommand(input), http(signal)),
    ),
    describeSecurityGroups: call(
      "DescribeSecurityGroups",
      "list security groups",
      (sdk, client, input, signal) => client.send(new sdk.DescribeSecurityGroupsCommand(input), http(signal)),
    ),
    createSecurityGroup: call(
      "CreateSecurityGroup",
      "make a security group",
      (sdk, client, input, signal) => client.send(new sdk.CreateSecurityGroupCommand(input), http(signal)),
    ),
    deleteSecurityGroup: call(
      "DeleteSecurityGroup",
      "delete a security group",
      (sdk, client, input, signal) => client.send(new sdk.DeleteSecurityGroupCommand(input), http(signal)),
    ),
    authorizeIngress: call(
      "AuthorizeSecurityGroupIngress",
      "open ports",
      (sdk, client, input, signal) =>
        client.send(new sdk.AuthorizeSecurityGroupIngressCommand(input), http(signal)),
    ),
    revokeIngress: call(
      "RevokeSecurityGroupIngress",
      "close ports",
      (sdk, client, input, signal) =>
        client.send(new sdk.RevokeSecurityGroupIngressCommand(input), http(signal)),
    ),
    createTags: call(
      "CreateTags",
      "set tags",
      (sdk, client, input, signal) => client.send(new sdk.CreateTagsCommand(input), http(signal)),
    ),
    deleteTags: call(
      "DeleteTags",
      "remove tags",
      (sdk, client, input, signal) => client.send(new sdk.DeleteTagsCommand(input), http(signal)),
    ),
    runInstances: call(
      "RunInstances",
      "make instances",
      (sdk, client, input, signal) => client.send(new sdk.RunInstancesCommand(input), http(signal)),
    ),
    startInstances: call(
      "StartInstances",
      "start instances",
      (sdk, client, input, signal) => client.send(new sdk.StartInstancesCommand(input), http(signal)),
    ),
    stopInstances: call(
      "StopInstances",
      "stop instances",
      (sdk, client, input, signal) => client.send(new sdk.StopInstancesCommand(input), http(signal)),
    ),
    rebootInstances: call(
      "RebootInstances",
      "reboot instances",
      (sdk, client, input, signal) => client.send(new sdk.RebootInstancesCommand(input), http(signal)),
    ),
    terminateInstances: call(
      "TerminateInstances",
      "terminate instances",
      (sdk, client, input, signal) => client.send(new sdk.TerminateInstancesCommand(input), http(signal)),
    ),
    consoleOutput: call(
      "GetConsoleOutput",
      "read a console",
      (sdk, client, input, signal) => client.send(new sdk.GetConsoleOutputCommand(input), http(signal)),
    ),
    async region() {
      if (access.region !== undefined) return access.region;
      const { client } = await open();
      try {
        return await client.config.region();
      } catch (thrown) {
        throw inWords(thrown, "use EC2");
      }
    },
    async prepare() {
      const { client } = await open();
      try {
        await client.config.region();
        await client.config.credentials();
      } catch (thrown) {
        throw inWords(thrown, "use EC2");
      }
    },
    counts,
    close() {
      void opened?.then(({ client }) => client.destroy(), () => {});
    },
  };
}

/** A page of a listing. */
interface Page {
  readonly NextToken?: string | undefined;
}

/** All pages of a listing; ends where AWS answers with a token that it has given already. */
export async function* pages<I extends { NextToken?: string | undefined }, O extends Page>(
  call: Call<I, O>,
  input: I,
  signal?: AbortSignal,
): AsyncGenerator<O> {
  const seen = new Set<string>();
  let token: string | undefined;
  do {
    const page = await call(token === undefined ? input : { ...input, NextToken: token }, signal);
    yield page;
    token = page.NextToken;
    if (token === undefined || token === "" || seen.has(token)) return;
    seen.add(token);
  } while (true);
}

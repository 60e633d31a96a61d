import { testProvider } from "../engine/provider/contract.ts";
import { provider } from "../providers/ec2/mod.ts";
import { startEc2Faults } from "./support/ec2_faults.ts";
import { debian12, noMoto, startMoto, useMotoCredentials } from "./support/moto.ts";

const moto = noMoto === undefined ? await startMoto() : undefined;
const ec2 = moto === undefined ? undefined : startEc2Faults(moto.url);
useMotoCredentials();

testProvider({
  kind: provider,
  options: {
    region: "eu-west-1",
    endpoint: ec2?.url ?? "http://127.0.0.1:9",
    // Nothing listens at the addresses that are handed out: EC2's own checks tell that a node has started.
    address: "id",
    "public-key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJTi1uCvw1iiRxEPYFDbmkpgS1rl6C0Sit3HBSzsV/GV test",
    timeouts: { console: 0 },
  },
  nodeSpec: { image: { imageId: debian12 }, hardware: { hardwareId: "t3.micro" } },
  ...(noMoto === undefined ? {} : { ignore: noMoto }),
});

Deno.test({
  name: "moto is ended",
  ignore: moto === undefined,
  // It was started with the module.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    await ec2?.close();
    await moto?.close();
  },
});

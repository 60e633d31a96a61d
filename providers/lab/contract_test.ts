import { testProvider } from "../../engine/provider/contract.ts";
import { provider } from "./mod.ts";
import { labCache, whyNoLab } from "./test_support.ts";

const why = await whyNoLab();

testProvider({
  kind: provider,
  options: {},
  nodeSpec: { image: { imageId: "host" }, hardware: { minRam: 256, minCores: 1 } },
  cacheDir: labCache,
  ...(why === undefined ? {} : { ignore: why }),
});

// How often a run waits for the network, counted between it and real nodes: what is slow on a long way is seen here.
import assert from "node:assert/strict";
import { DETOUR, withDetour } from "./support/detour.ts";
import { labTest } from "./support/lab.ts";

const INFRA = `import { execScript, groupSpec, sh } from "pallet";
const steps = (name: string) => Array.from({ length: 10 }, (_, at) => execScript(sh\`true \${at}\`, { id: \`\${name}-\${at}\` }));
export const a = groupSpec("a", { phases: Object.fromEntries(["p", "q", "r", "s", "t"].map((name) => [name, () => steps(name)])) });
`;

labTest("a run waits for connection, login and facts, then once a phase", INFRA, async (p) => {
  await p.ok("converge", "a=1", "--yes", "--no-phases");
  // Long enough that what is said in one go is seen as one.
  await withDetour(p, { nodes: ["a-1"], roundTrip: 60 }, async (proxies) => {
    const proxy = proxies.get("a-1");
    assert.ok(proxy !== undefined);
    // A machine that is busy tears apart what is said in one go, and never joins what is not: the fewest are right.
    const counted = async (phases: string) => {
      const counts: number[] = [];
      for (let times = 0; times < 3; times++) {
        const before = proxy.roundTrips;
        await p.ok("lift", "--service", DETOUR, "--phase", phases);
        counts.push(proxy.roundTrips - before);
      }
      return Math.min(...counts);
    };
    const one = await counted("p");
    const five = await counted("p,q,r,s,t");
    assert.equal(five - one, 4, `one round trip a phase: ${one} with one, ${five} with five`);
    // The connection takes 7: TCP, banner, key exchange, service, login. Then 2 to the facts, the phase, and goodbye.
    assert.ok(one <= 11, `${one} round trips`);
  });
});

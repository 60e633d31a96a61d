// How often a run waits for the network, counted between it and real nodes: what is slow on a long way is seen here.
import assert from "node:assert/strict";
import { DETOUR, withDetour } from "./support/detour.ts";
import { labTest, of } from "./support/lab.ts";

const INFRA = `import { execScript, groupSpec, sh } from "pallet";
const steps = (name: string) => Array.from({ length: 10 }, (_, at) => execScript(sh\`true \${at}\`, { id: \`\${name}-\${at}\` }));
export const a = groupSpec("a", { phases: Object.fromEntries(["p", "q", "r", "s", "t"].map((name) => [name, () => steps(name)])) });
`;

/** Milliseconds: more than what a phase's work itself takes here. */
const ROUND_TRIP = 300;

labTest("a run waits for connection, login and facts, then once a phase", INFRA, async (p) => {
  await p.ok("converge", "a=1", "--yes", "--no-phases");
  await withDetour(p, { nodes: ["a-1"], roundTrip: ROUND_TRIP }, async (proxies) => {
    const proxy = proxies.get("a-1");
    assert.ok(proxy !== undefined);
    const counted = async (phases: string) => {
      const before = proxy.roundTrips;
      const run = await p.ok("lift", "--service", DETOUR, "--phase", phases);
      const took = (from: string | undefined, to: string | undefined) =>
        Date.parse(to ?? "") - Date.parse(from ?? "");
      const [connected] = of(run, "node-connected");
      return {
        trips: proxy.roundTrips - before,
        connecting: took(of(run, "run-started")[0]?.at, connected?.at),
        phases: of(run, "phase-started").map(({ at, phase }) =>
          took(at, of(run, "phase-finished").find((end) => end.phase === phase)?.at)
        ),
      };
    };
    const one = await counted("p");
    const five = await counted("p,q,r,s,t");
    const said = JSON.stringify({ one, five });
    assert.equal(five.trips - one.trips, 4, `one round trip a phase: ${said}`);
    // The connection takes 7: TCP, banner, key exchange, service, login. Then 2 to the facts, the phase, and goodbye.
    assert.ok(one.trips <= 11, said);
    assert.ok(Math.min(...five.phases) < ROUND_TRIP * 2, said);
  });
});

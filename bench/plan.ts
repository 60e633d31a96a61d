// How long plans of a large infrastructure take, by the evaluator alone.
import { directory, groupSpec, lineInFile, packages, remoteFile, service } from "pallet";
import { makeEvaluator } from "../engine/plan/evaluate.ts";
import { parseOs } from "../engine/os/mod.ts";
import { time } from "./measure.ts";

const TARGETS = 1000;

const large = groupSpec("large", {
  phases: {
    configure: ({ target }) => [
      packages("curl", "git"),
      Array.from({ length: 8 }, (_, n) => directory(`/srv/app/${n}`, { mode: "0750" })),
      Array.from(
        { length: 10 },
        (_, n) => remoteFile(`/srv/app/${n}.conf`, { content: `node = ${target.name}\n` }),
      ),
      Array.from({ length: 10 }, (_, n) => lineInFile(`/etc/app-${n}`, `setting = ${n}`)),
      service("cron", { action: "start" }),
    ],
  },
});

/** Milliseconds to plan thirty actions for each of a thousand targets. */
export async function planThousand(): Promise<number> {
  const evaluator = makeEvaluator({ large }, {
    baseUrl: import.meta.url,
    readProjectFile: () => Promise.resolve(""),
  });
  const facts = parseOs("debian-12");
  const targets = Array.from({ length: TARGETS }, (_, n) => ({
    name: `large-${n + 1}`,
    groups: ["large"],
    planned: true,
    facts,
  }));
  const world = { targets, environment: {}, captured: {}, clock: 0, seed: 1 };
  return await time(async () => {
    const { plans } = await evaluator.plan({
      world,
      phases: [{ phase: "configure", args: {} }],
      targets: targets.map(({ name }) => name),
    });
    const actions = plans.flatMap((plan) => "actions" in plan ? plan.actions : []);
    if (actions.length !== TARGETS * 30) throw new Error(`Planned ${actions.length} actions`);
  });
}

// Commands that run by themselves, by the real crontab and by systemd in a lab node, and what is told of them.
import assert from "node:assert/strict";
import { byCron, INFRA, inScheduleProject } from "./support/schedules.ts";

Deno.test("a schedule is added to the crontab, listed, shown and removed; other lines stay", async () => {
  await inScheduleProject(async ({ folder, ok }) => {
    const table = `${folder}/crontab`;
    await Deno.writeTextFile(table, "MAILTO=ann\n# mine\n5 4 * * * /usr/local/bin/own 50\\%\n");
    const before = await Deno.readTextFile(table);
    const said = await ok(
      "schedule",
      "add",
      "nightly",
      "--cron",
      "30 2 * * *",
      ...byCron,
      "--",
      "lift",
      "--phase",
      "fail",
    );
    assert.match(
      said,
      /Schedule "nightly" runs by cron\.\nDue next, in UTC: \w{3} \d{4}-\d\d-\d\d 02:30 GMT,/,
    );
    const after = await Deno.readTextFile(table);
    assert.ok(after.startsWith(before));
    assert.match(
      after,
      /\n30 2 \* \* \* cd \S+\/project && .*XDG_STATE_HOME=\S+.* exec .* schedule run nightly --scheduled\n$/,
    );
    assert.match(
      await ok("schedule", "list"),
      /nightly +30 2 \* \* \* +\w{3} \d{4}.* UTC +- +lift --frozen --phase fail/,
    );
    assert.match(await ok("schedule", "show", "nightly"), /# crontab/);
    await ok("schedule", "remove", "nightly");
    assert.equal(await Deno.readTextFile(table), before);
    assert.match(await ok("schedule", "list"), /Nothing is scheduled/);
  });
});

Deno.test("what would fail at three in the morning is refused when it is added", async () => {
  await inScheduleProject(async ({ folder, run }) => {
    const add = (...args: readonly string[]) => run("schedule", "add", ...args);
    const lift = ["--", "lift", "--phase", "fail"];
    for (
      const [args, why] of [
        [["a b", "--cron", "@daily", ...byCron, ...lift], /cannot be named "a b"/],
        [["a", ...byCron, ...lift], /needs its times/],
        [["a", "--cron", "61 * * * *", ...byCron, ...lift], /minute must be from 0 to 59/],
        [["a", "--cron", "@daily", ...byCron], /needs its command/],
        [["a", "--cron", "@daily", ...byCron, "--", "lfit"], /Did you mean "lift"/],
        [["a", "--cron", "@daily", ...byCron, "--", "ssh", "x"], /"pallet ssh" makes no sense by itself/],
        [["a", "--cron", "@daily", ...byCron, "--", "lift", "--phse", "x"], /Unknown option --phse/],
        [["a", "--cron", "@daily", ...byCron, "--", "destroy"], /nobody is there/],
        [
          ["a", "--cron", "@daily", ...byCron, "--zone", "Europe/Berln", ...lift],
          /no time zone "Europe\/Berln"/,
        ],
        [
          ["a", "--cron", "@daily", ...byCron, "--zone", "Asia/Tokyo", ...lift],
          /reads times by the clock of this machine/,
        ],
        [
          ["a", "--cron", "@daily", ...byCron, "--webhook", "http://example.com/", ...lift],
          /must be an https URL/,
        ],
        [["a", "--cron", "@daily", ...byCron, "--mail", "-oX", ...lift], /needs a value|no mail address/],
        [["a", "--cron", "@daily", "--scheduler", "at", ...lift], /no scheduler "at"/],
        [
          ["a", "--cron", "@daily", ...byCron, "--", "lift", "--infra", "nothere.ts"],
          /Cannot find the infra file/,
        ],
      ] as const
    ) {
      const { status, err } = await add(...args);
      assert.equal(status, 2, `${args.join(" ")}: ${err}`);
      assert.match(err, why);
    }
    await Deno.writeTextFile(`${folder}/project/infra.ts`, `import "https://crates.example/x.ts";\n${INFRA}`);
    const { status, err } = await add("a", "--cron", "@daily", ...byCron, ...lift);
    assert.equal(status, 2);
    assert.match(err, /lock/i);
    await assert.rejects(Deno.stat(`${folder}/crontab`), Deno.errors.NotFound);
  });
});

Deno.test("a run is remembered; a failure and a recovery are told, a success is not", async () => {
  const heard: unknown[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    heard.push(await request.json());
    return new Response("thanks");
  });
  try {
    await inScheduleProject(async ({ folder, ok, run, schedules }) => {
      const infra = `${folder}/project/infra.ts`;
      await ok(
        ...["schedule", "add", "job", "--cron", "0 3 * * *", ...byCron, "--mail", "ops@example.com"],
        ...["--webhook", `http://127.0.0.1:${server.addr.port}/hook`, "--metrics", `${folder}/job.prom`],
        ...["--", "plan"],
      );
      const fine = await run("schedule", "run", "job", "--scheduled");
      assert.deepEqual([fine.status, fine.err, heard], [0, "", []]);
      await Deno.writeTextFile(infra, `throw new Error("no disk for you");`);
      const bad = await run("schedule", "run", "job", "--scheduled");
      assert.equal(bad.status, 2);
      assert.match(bad.err, /Schedule "job": failed with status 2/);
      await Deno.writeTextFile(infra, INFRA);
      await ok("schedule", "run", "job", "--scheduled");
      await ok("schedule", "run", "job", "--scheduled");
      const events = heard as readonly { readonly event: string; readonly output: string }[];
      assert.deepEqual(events.map(({ event }) => event), ["failed", "recovered"]);
      assert.match(events[0]?.output ?? "", /no disk for you/);
      const letters = await Deno.readTextFile(`${folder}/mail`);
      assert.match(letters, /^To: ops@example\.com\nSubject: pallet: job failed on /);
      assert.match(letters, /Subject: pallet: job is well again/);
      const history = await schedules.history("job");
      assert.deepEqual(history.map(({ result }) => result), ["ok", "failed", "ok", "ok"]);
      assert.match(await ok("schedule", "list"), /ok, ok, failed \(2\), ok/);
      assert.match(
        await Deno.readTextFile(`${folder}/job.prom`),
        /pallet_schedule_last_status\{schedule="job"\} 0/,
      );
    });
  } finally {
    await server.shutdown();
  }
});

Deno.test("runs of one schedule do not overlap, and one that takes too long is ended", async () => {
  await inScheduleProject(async ({ folder, ok, run, schedules }) => {
    await ok(
      ...[
        "schedule",
        "add",
        "slow",
        "--cron",
        "0 3 * * *",
        ...byCron,
        "--time-limit",
        "4",
        "--",
        "plan",
      ],
    );
    await Deno.writeTextFile(`${folder}/project/infra.ts`, "for (;;);");
    const began = performance.now();
    const first = run("schedule", "run", "slow", "--scheduled");
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const second = await run("schedule", "run", "slow", "--scheduled");
    assert.equal(second.status, 0);
    assert.match(second.err, /was left out: the run before is still at work/);
    const { status, err } = await first;
    assert.notEqual(status, 0);
    assert.match(err, /timed-out/);
    assert.ok(performance.now() - began < 60_000);
    assert.deepEqual((await schedules.history("slow")).map(({ result }) => result), [
      "left-out",
      "timed-out",
    ]);
  });
});

Deno.test("schedules of pallet.yaml are brought in line, and no others are touched", async () => {
  await inScheduleProject(async ({ folder, ok, run, schedules }) => {
    const yaml = (text: string) =>
      Deno.writeTextFile(
        `${folder}/project/pallet.yaml`,
        `services: { here: { provider: localhost } }\ndefault-service: here\nschedules:\n${text}`,
      );
    await ok("schedule", "add", "own", "--cron", "@hourly", ...byCron, "--", "plan");
    await yaml(
      '  a: { cron: "0 3 * * *", command: lift --phase fail, scheduler: cron }\n' +
        '  b: { cron: "0 4 * * *", command: [lift, --phase, fail, --arg, "file=/x y"], scheduler: cron, jitter: 60 }\n',
    );
    assert.match(await ok("schedule", "apply", "--dry-run"), /\+ a: .*\n\+ b: /);
    assert.deepEqual(await schedules.names(), ["own"]);
    await ok("schedule", "apply");
    assert.match(await ok("schedule", "apply"), /All schedules are as the project has them/);
    await yaml('  b: { cron: "0 5 * * *", command: plan, scheduler: cron }\n');
    assert.match(await ok("schedule", "apply"), /- a\n~ b: 0 5 \* \* \*/);
    assert.deepEqual(await schedules.names(), ["b", "own"]);
    const table = await Deno.readTextFile(`${folder}/crontab`);
    assert.equal(table.match(/schedule run/g)?.length, 2);
    await yaml('  own: { cron: "0 5 * * *", command: plan, scheduler: cron }\n');
    const taken = await run("schedule", "apply");
    assert.equal(taken.status, 2);
    assert.match(taken.err, /a schedule "own" already, from the command line/);
    await yaml('  b: { cron: "0 5 * *", command: plan, jiter: 1 }\n');
    assert.match((await run("schedule", "apply")).err, /jiter/);
  });
});

Deno.test("schedules of the infra file are brought in line beside those of pallet.yaml", async () => {
  await inScheduleProject(async ({ folder, ok, run, schedules }) => {
    const infra = (...lines: readonly string[]) =>
      Deno.writeTextFile(
        `${folder}/project/infra.ts`,
        [INFRA, 'import { schedule } from "pallet";', ...lines, ""].join("\n"),
      );
    const refused = async () => {
      const { status, err } = await run("schedule", "apply");
      assert.equal(status, 2);
      return err;
    };
    await ok("schedule", "add", "own", "--cron", "@hourly", ...byCron, "--", "plan");
    await infra(
      'export const nightly = schedule("a", { cron: "0 3 * * *", command: "lift --phase fail", scheduler: "cron" });',
      'export default [schedule("b", { cron: "@daily", command: ["plan"], scheduler: "cron", timeLimit: 60 })];',
    );
    assert.match(await ok("schedule", "apply"), /\+ b: @daily plan --frozen\n\+ a: 0 3 \* \* \* lift/);
    assert.deepEqual(await schedules.names(), ["a", "b", "own"]);
    const { source, limit, cwd } = await schedules.read("b");
    assert.deepEqual([source, limit, cwd], [`${folder}/project/infra.ts`, 60, `${folder}/project`]);
    assert.match(await ok("schedule", "apply"), /All schedules are as the project has them/);

    const yaml = await Deno.readTextFile(`${folder}/project/pallet.yaml`);
    const twin = `${yaml}schedules: { a: { cron: "@daily", command: plan, scheduler: cron } }\n`;
    await Deno.writeTextFile(`${folder}/project/pallet.yaml`, twin);
    assert.match(await refused(), /"a" stands both in \S+pallet\.yaml and in \S+infra\.ts/);
    await Deno.writeTextFile(`${folder}/project/pallet.yaml`, yaml);

    await infra(
      'export const a = schedule("a", { cron: "61 * * * *", command: "plan", scheduler: "cron" });',
    );
    assert.match(await refused(), /schedule "a": .*minute must be from 0 to 59[^]*at infra\.ts:5:18/);
    await infra('export const a = schedule("a", { cron: "@daily", command: "plan", jiter: 1 });');
    assert.match(
      await refused(),
      /Invalid schedule "a": jiter: unknown key "jiter"\. Did you mean "jitter"\?/,
    );
    await infra(
      'const one = { cron: "@daily", command: "plan" };',
      'export const all = [schedule("a", one), schedule("a", one)];',
    );
    assert.match(await refused(), /Two schedules are named "a"[^]*at infra\.ts:6:/);

    await infra();
    assert.match(await ok("schedule", "apply"), /- a\n- b\n/);
    assert.deepEqual(await schedules.names(), ["own"]);
  });
});

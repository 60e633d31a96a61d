// The manifests of the guide on several runners: held to what their systems take, and their commands to our own.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { JSONObjectReader } from "@actions/workflow-parser/templates/json-object-reader";
import { TemplateSchema } from "@actions/workflow-parser/templates/schema/index";
import {
  TemplateContext,
  TemplateValidationErrors,
} from "@actions/workflow-parser/templates/template-context";
import { readTemplate } from "@actions/workflow-parser/templates/template-reader";
import { NoOperationTraceWriter } from "@actions/workflow-parser/templates/trace-writer";
import { YamlObjectReader } from "@actions/workflow-parser/workflows/yaml-object-reader";
import hcl from "hcl2-parser";
import { CronJob, Job } from "kubernetes-models/batch/v1";
import { parse as parseYaml } from "yaml";
import { findCommand } from "../cli/commands.ts";
import { parse } from "../cli/parse.ts";

const GUIDE = await Deno.readTextFile(new URL("../docs/guides/scale.md", import.meta.url));
const CONFIG = new URL("../deno.json", import.meta.url).pathname;

/** A file that stands in the guide. */
function fileOf(name: string): string {
  const text = new RegExp(`^\`\`\`\\w+ ${name.replaceAll(".", "\\.")}\n([\\s\\S]*?)^\`\`\`$`, "m").exec(GUIDE)
    ?.[1];
  assert.ok(text !== undefined, `the guide has ${name}`);
  return text;
}

/** What a shell makes of a command line: the words that `pallet` is given. */
async function typed(script: string, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/pallet`, '#!/bin/sh\nprintf "%s\\0" "$@"\n', { mode: 0o755 });
    const { success, stdout } = await new Deno.Command("sh", {
      args: ["-c", script],
      env: { ...env, PATH: `${folder}:${Deno.env.get("PATH") ?? ""}` },
    }).output();
    assert.ok(success, script);
    return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The value of an option on a command line that the command itself takes. */
async function option(name: string, [command = "", ...words]: readonly string[]): Promise<unknown> {
  const { options } = await findCommand(command);
  return (parse(words, options).values as Readonly<Record<string, unknown>>)[name];
}

async function shardsOf(script: string, variable: string): Promise<readonly unknown[]> {
  const all = [];
  for (const index of ["0", "1", "2", "3"]) {
    all.push(await option("shard", await typed(script, { [variable]: index, HOSTNAME: `x-${index}` })));
  }
  return all;
}

const FOUR = ["1/4", "2/4", "3/4", "4/4"];

interface JobSpec {
  readonly completions: number;
  readonly template: {
    readonly spec: { readonly containers: readonly [{ readonly args: readonly [string] }] };
  };
}

Deno.test("the guide's Kubernetes manifests are valid, and run each shard once", async () => {
  const job = parseYaml(fileOf("job.yaml"));
  const cronJob = parseYaml(fileOf("cronjob.yaml"));
  new Job(job).validate();
  new CronJob(cronJob).validate();
  assert.throws(
    () => new Job({ ...job, spec: { ...job.spec, completions: "4" } }).validate(),
    /must be integer/,
  );
  for (const spec of [job.spec, cronJob.spec.jobTemplate.spec] as readonly JobSpec[]) {
    assert.equal(spec.completions, 4);
    assert.deepEqual(await shardsOf(spec.template.spec.containers[0].args[0], "JOB_COMPLETION_INDEX"), FOUR);
  }
});

Deno.test("the guide's Kubernetes manifests have no key that Kubernetes does not know", async () => {
  const check = async (text: string) => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/manifest.ts`, text);
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["check", "-q", "--config", CONFIG, `${folder}/manifest.ts`],
        env: { NO_COLOR: "1" },
      }).output();
      return success ? "" : new TextDecoder().decode(stderr);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
  const literal = (name: string, type: string, text: string) =>
    `export const ${name}: ${type} = ${JSON.stringify(parseYaml(text))};\n`;
  const head = 'import type { ICronJob, IJob } from "kubernetes-models/batch/v1";\n';
  const job = literal("job", "IJob", fileOf("job.yaml"));
  const both = head + job + literal("cronJob", "ICronJob", fileOf("cronjob.yaml"));
  assert.equal(await check(both), "");
  assert.match(await check(head + job.replace("restartPolicy", "restartPolcy")), /restartPolcy/);
});

Deno.test("the guide's Nomad job is read as HCL, and runs each shard once", async () => {
  const [read] = hcl.parseToObject(fileOf("configure.nomad.hcl"));
  const [job] = read.job.configure;
  const [group] = job.group.runners;
  const [task] = group.task.pallet;
  assert.deepEqual(Object.keys(job).toSorted(), ["group", "periodic", "type"]);
  assert.deepEqual(Object.keys(job.periodic[0]).toSorted(), ["crons", "prohibit_overlap", "time_zone"]);
  assert.deepEqual(Object.keys(group).toSorted(), ["count", "reschedule", "restart", "task", "volume"]);
  assert.deepEqual(Object.keys(task).toSorted(), [
    ...["config", "driver", "kill_timeout", "resources", "volume_mount"],
  ]);
  assert.equal(task.volume_mount[0].volume in group.volume, true);
  assert.deepEqual([job.type, group.count], ["batch", 4]);
  assert.deepEqual(await shardsOf(task.config[0].args[1], "NOMAD_ALLOC_INDEX"), FOUR);
});

function workflowErrors(text: string): readonly string[] {
  // Its own entry imports this file in a way that only Node takes.
  const entry = import.meta.resolve("@actions/workflow-parser/templates/schema/index");
  const schemaFile = fileURLToPath(new URL("../../workflow-v1.0.min.json", entry));
  const schema = TemplateSchema.load(new JSONObjectReader(undefined, Deno.readTextFileSync(schemaFile)));
  const context = new TemplateContext(new TemplateValidationErrors(), schema, new NoOperationTraceWriter());
  const file = context.getFileId("workflow.yaml");
  const reader = new YamlObjectReader(file, text);
  readTemplate(context, "workflow-root-strict", reader, file);
  return [
    ...reader.errors.map(({ message }) => message),
    ...context.errors.getErrors().map(({ message }) => message),
  ];
}

Deno.test("the guide's workflow of GitHub Actions is valid, and its commands are ours", async () => {
  const text = fileOf("workflow.yaml");
  assert.deepEqual(workflowErrors(text), []);
  assert.match(workflowErrors(text.replace("runs-on", "runs-onn")).join("\n"), /runs-onn/);
  assert.match(workflowErrors(text.replace("strategy.job-total", "strtegy.job-total")).join("\n"), /strtegy/);
  const jobs: Record<
    string,
    { steps: readonly { run?: string }[]; strategy?: { matrix: { shard: number[] } } }
  > = parseYaml(text).jobs;
  const lines = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  const shards = [];
  for (const shard of jobs.nodes?.strategy?.matrix.shard ?? []) {
    for (const line of lines) {
      const filled = line.replaceAll("${{ matrix.shard }}", String(shard)).replaceAll(
        "${{ strategy.job-total }}",
        "4",
      );
      const words = await typed(filled, {});
      const value = await option("shard", words).catch((error) => assert.fail(`${filled}: ${error}`));
      if (value !== undefined) shards.push(value);
    }
  }
  assert.deepEqual(shards, FOUR);
});

// Whether a command could run with nobody there: its words, its project with what is locked, its service, its secrets.
import { checkService, listGroups, plan, type PlannedSecret, type PlanResult } from "../engine/run.ts";
import { messageOf, PalletError } from "../engine/errors.ts";
import { Secrets } from "../engine/secrets/secrets.ts";
import { findCommand } from "./commands.ts";
import { agreeToGrants } from "./grants.ts";
import type { allOptions } from "./options.ts";
import { parse, usageError, type Values } from "./parse.ts";
import { standingOf } from "./plan_secrets.ts";
import { configuredPlugins, operationOptions } from "./project.ts";
import { secretSources } from "./secrets.ts";
import { groupsAndCounts, phases, words } from "./selection.ts";
import type { Terminal } from "./terminal.ts";
import { escapeLine } from "./text.ts";

type AllValues = Values<typeof allOptions>;
type Prepared = Awaited<ReturnType<typeof operationOptions>>;

/** Commands that make sense with nobody there. */
const UNATTENDED = ["plan", "converge", "lift", "destroy", "exec", "nodes"];

/** Phases that only counts bring about. */
const OF_COUNTS = ["bootstrap", "create-group", "destroy-group", "destroy-server"];

/** A command line, in parts. */
interface Words {
  readonly name: string;
  readonly args: readonly string[];
  readonly values: AllValues;
}

/** A plan that holds what a command would run; nothing for one that logs in to no node. */
async function planFor({ name, args, values }: Words, base: Prepared): Promise<PlanResult | undefined> {
  switch (name) {
    case "plan":
    case "converge":
      return await plan({
        ...base,
        ...groupsAndCounts(args, true),
        ...phases(values),
        noPhases: values["no-phases"],
      });
    case "lift":
      return await plan({ ...base, ...groupsAndCounts(args, false), ...phases(values) });
    case "destroy": {
      const selected = groupsAndCounts(args, false);
      const names = selected.groups ?? (await listGroups(base)).map((group) => group.name);
      return await plan({ ...base, ...selected, counts: Object.fromEntries(names.map((one) => [one, 0])) });
    }
    case "exec":
      return await plan({ ...base, ...groupsAndCounts(args.slice(1), false), noPhases: true });
    default:
      return undefined;
  }
}

/** Whether a command runs a phase that is part of its plan: lift and checks make and remove no nodes. */
function runs({ name, values }: Words, phase: string): boolean {
  return !["lift", "plan"].includes(name) || !OF_COUNTS.includes(phase) ||
    words(values.phase).includes(phase);
}

function refuseSecrets(lost: readonly PlannedSecret[], kept: readonly string[]): never {
  const [first] = lost;
  const origin = first?.origin;
  const list = lost.map((secret) => `"${secret.name}": ${standingOf(secret)}`);
  throw new PalletError(
    lost.length === 1
      ? `Nobody is there to give the secret ${list[0]}`
      : `Nobody is there to give ${lost.length} secrets:${list.map((line) => `\n  ${line}`).join("")}`,
    {
      kind: "usage",
      help:
        `\`pallet secret set ${first?.name ?? "NAME"}\` keeps one with the project; files and commands are ` +
        `sources that need nobody as well. Of your variables the runs have ${kept.join(", ")} alone.`,
      ...(origin === undefined ? {} : { origin }),
    },
  );
}

/** Warns of passwords that users need to become root, where a node wants one, and that could not be read. */
async function warnOfPasswords(
  { becomePassword }: Prepared,
  logins: PlanResult["logins"],
  secrets: Secrets,
  warn: (text: string) => void,
): Promise<void> {
  for (const { username } of logins) {
    if (username === undefined) continue;
    try {
      await becomePassword?.(username, (name, origin) => secrets.read(name, origin));
    } catch (thrown) {
      warn(`Where a node wants a password of "${username}", the runs fail: ${messageOf(thrown)}`);
    }
  }
}

/**
 * Whether a command line could run with nobody there, with the variables that `terminal` has.
 *
 * @throws {PalletError} that says why not.
 */
export async function checkCommand(
  argv: readonly string[],
  terminal: Terminal,
  kept: readonly string[],
): Promise<void> {
  const [name = ""] = argv;
  const command = await findCommand(name);
  if (!UNATTENDED.includes(name)) {
    throw usageError(
      `"pallet ${name}" makes no sense by itself.`,
      `What can be scheduled: ${UNATTENDED.join(", ")}.`,
    );
  }
  const parsed = parse(argv.slice(1), command.options);
  // Options that a command has not are left out of what is read of them below.
  const line = { name, args: parsed.positionals, values: parsed.values as unknown as AllValues };
  if (name === "destroy" && !line.values.yes) {
    throw usageError("A scheduled destroy would ask, and nobody is there.", "Add --yes to the command.");
  }
  const options = { ...line.values, frozen: true };
  const { configuration, folder, ...base } = await operationOptions(options, terminal);
  await agreeToGrants(configuration, options.yes ?? false, terminal);
  await listGroups(base);
  const [problem] = await checkService(base);
  if (problem !== undefined) {
    throw usageError(`The service cannot be used here: ${problem.message}`, problem.help);
  }
  const warn = (text: string) => terminal.err.write(`warn: ${escapeLine(text)}\n`);
  const plugins = configuredPlugins(options, configuration, terminal);
  const sources = () => secretSources({ configuration, folder, terminal, plugins });
  const prepared = { ...base, configuration, folder, secrets: sources() };
  const planned = await planFor(line, prepared);
  if (planned === undefined) return;
  const targets = planned.plans.filter(({ phase }) => runs(line, phase)).flatMap((phase) => phase.targets);
  for (const { target, facts, problem: why } of targets) {
    if (why === undefined) continue;
    if (facts !== "none") throw new PalletError(`${target}: ${why.message}`, why);
    warn(`Nothing is known of ${target} yet, so its plans and their secrets were not looked at`);
  }
  // A plan alone needs no values.
  if (name === "plan" && !line.values.check) return;
  const lost = planned.secrets.filter(({ state, phases }) =>
    state !== "found" && phases.some((phase) => runs(line, phase))
  );
  if (lost.length > 0) refuseSecrets(lost, kept);
  const secrets = new Secrets(sources());
  try {
    await warnOfPasswords(prepared, planned.logins, secrets, warn);
  } finally {
    await secrets.close();
  }
}

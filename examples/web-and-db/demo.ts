// `deno task demo`: the example from nothing to nothing, by the commands that a user would type.
import { ready } from "../lab.ts";

const FOLDER = new URL("./", import.meta.url).pathname;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** A step failed; its command has said why already. */
class StepFailed extends Error {}

function heading(text: string): void {
  const bold = Deno.stdout.isTerminal() && !Deno.noColor;
  console.log(bold ? `\n\x1b[1m# ${text}\x1b[0m` : `\n# ${text}`);
}

function command(args: readonly string[], stdout: "inherit" | "piped"): Deno.Command {
  return new Deno.Command(Deno.execPath(), { args: ["run", "-A", MAIN, ...args], cwd: FOLDER, stdout });
}

/** Runs one command of pallet on this terminal. */
async function pallet(...args: readonly string[]): Promise<void> {
  console.log(`$ pallet ${args.map((word) => word.includes(" ") ? `'${word}'` : word).join(" ")}`);
  const { code } = await command(args, "inherit").spawn().status;
  if (code !== 0) throw new StepFailed(`pallet ${args[0]} ended with status ${code}`);
}

/** Runs one command of pallet and answers with what it printed as JSON. */
async function palletJson(...args: readonly string[]): Promise<string> {
  const { code, stdout } = await command([...args, "--json"], "piped").output();
  if (code !== 0) throw new StepFailed(`pallet ${args[0]} ended with status ${code}`);
  return new TextDecoder().decode(stdout);
}

/** Fetches the page of every web node and shows it. */
async function showPages(): Promise<void> {
  const nodes: { name: string; group: string; primaryIp: string }[] = JSON.parse(await palletJson("nodes"));
  for (const node of nodes.filter(({ group }) => group === "web")) {
    const url = `http://${node.primaryIp}/`;
    const page = await fetch(url);
    const text = await page.text();
    console.log(`$ curl ${url}   # ${node.name}\n${text}`);
    if (!page.ok || !text.includes("apples")) {
      throw new StepFailed(`${url} did not show what the database holds`);
    }
  }
}

/** The second converge, whose events are counted: a run that changes nothing says so. */
async function convergeAgain(): Promise<void> {
  console.log("$ pallet converge --yes");
  const lines = (await palletJson("converge", "--yes")).trim().split("\n");
  const events: { type: string; result?: string }[] = lines.map((line) => JSON.parse(line));
  const results = events.filter((event) => event.type === "action-finished").map((event) => event.result);
  const changed = results.filter((result) => result !== "ok" && result !== "skipped").length;
  console.log(`${results.length} actions, ${changed} changed`);
  if (changed > 0) throw new StepFailed("The second converge changed something");
}

async function demo(): Promise<void> {
  const began = performance.now();
  heading("Two groups of nodes, configured: db, then web, which reads from it");
  await pallet("converge", "--yes");
  heading("The page of each web node, with what it read from the database");
  await showPages();
  heading("Again: nothing is left to do");
  await convergeAgain();
  heading("A phase of its own, with an argument, on one group");
  await pallet("lift", "web", "--phase", "greet", "--arg", "greeting=Good morning");
  heading("All gone");
  await pallet("destroy", "--yes");
  console.log(`\nDone in ${((performance.now() - began) / 1000).toFixed(0)} s.`);
}

if (!await ready()) Deno.exit(2);
try {
  await demo();
} catch (thrown) {
  if (!(thrown instanceof StepFailed)) throw thrown;
  console.error(
    `\n${thrown.message}.\nThe nodes are left for a look; remove them with:  cd ${FOLDER} && deno task pallet destroy --yes`,
  );
  Deno.exit(1);
}

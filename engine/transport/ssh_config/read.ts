// The files, line by line: which sections are about a host, and what they say.
import { PalletError } from "../../errors.ts";
import { nearest } from "../../suggest.ts";
import { unknownAlgorithm } from "./algorithm_names.ts";
import { fault, type Place } from "./fault.ts";
import { keywordOf, keywords } from "./keywords.ts";
import { matches, type Pass, tokensOf } from "./match.ts";
import { matchesList, matchesPattern } from "./patterns.ts";
import { BadToken, expandTilde, expandTokens } from "./tokens.ts";
import { apply, type Statement } from "./values.ts";
import { cutLine, splitWords } from "./words.ts";

/** A file to read. */
export interface Source {
  readonly path: string;
  /** The user's own: `~` means something in it. */
  readonly user: boolean;
  /** Others must not be able to write it. */
  readonly checked: boolean;
}

interface Section extends Source {
  /** Nothing in it is about the host: the section that includes it is not. */
  readonly never: boolean;
  readonly depth: number;
}

const MOST_DEPTH = 16;

/** Reads a file, and those that it includes. Says whether there is one. */
export async function readConfig(pass: Pass, source: Source): Promise<boolean> {
  return await read(pass, { ...source, never: false, depth: 0 });
}

async function read(pass: Pass, section: Section): Promise<boolean> {
  const { path } = section;
  if (section.depth > MOST_DEPTH) throw fault({ file: path, line: 1 }, "files include each other too deeply");
  const file = await pass.machine.read(path);
  if (file === undefined) return false;
  if (section.checked && file.unsafe !== undefined) {
    throw new PalletError(`Cannot use the ssh configuration "${path}": ${file.unsafe}`, {
      kind: "config",
      help:
        "ssh refuses it too, since whoever can change it can run commands as you: chmod go-w it, or chown it.",
    });
  }
  let active = !section.never;
  for (const [index, line] of file.text.split("\n").entries()) {
    active = await readLine(pass, section, line, { file: path, line: index + 1 }, active);
  }
  return true;
}

/** Takes a line in; says whether the lines after it are about the host. */
async function readLine(
  pass: Pass,
  section: Section,
  text: string,
  place: Place,
  active: boolean,
): Promise<boolean> {
  const line = cutLine(text);
  if (line === undefined) return active;
  const { keyword, rest } = line;
  if (rest === "") throw fault(place, `${keyword} has no value`);
  const words = splitWords(rest);
  try {
    if (keyword === "host") return hostMatches(pass, checked(words, place), place) && !section.never;
    if (keyword === "match") {
      return await matches(pass, checked(words, place), place, !section.never);
    }
    if (keyword === "include") {
      for (const pattern of checked(words, place)) await include(pass, section, pattern, place, active);
      return active;
    }
    const known = keywordOf(keyword);
    if (known !== undefined) {
      const statement = { ...known, keyword, words: checked(words, place), rest, place };
      apply(statement, pass.options, active, pass.machine.env);
      await checkAlgorithms(pass, statement);
      return active;
    }
  } catch (thrown) {
    if (thrown instanceof BadToken) throw fault(place, `${keyword}: ${thrown.message}`);
    throw thrown;
  }
  if (matchesList(keyword, pass.options.get("ignoreunknown") ?? "", true)) return active;
  const meant = nearest(keyword, keywords);
  throw fault(
    place,
    `there is no keyword "${keyword}"`,
    meant === undefined
      ? `Take it out, or have IgnoreUnknown ${keyword} before it.`
      : `Did you mean ${meant}? What other versions of ssh know goes with IgnoreUnknown ${keyword} before it.`,
  );
}

/** A list with a name that ssh does not know is refused, as ssh does also when it is about other hosts. */
async function checkAlgorithms({ machine }: Pass, { kind, keyword, words, place }: Statement): Promise<void> {
  if (typeof kind !== "object" || !("algorithms" in kind)) return;
  const unknown = await unknownAlgorithm(kind.algorithms, words[0] ?? "", machine);
  if (unknown === undefined) return;
  const meant = nearest(unknown, await machine.algorithms(kind.algorithms));
  throw fault(
    place,
    `${keyword}: ssh knows no "${unknown}"`,
    `${
      meant === undefined ? "" : `Did you mean ${meant}? `
    }ssh refuses this line too; ssh -Q ${kind.algorithms} lists what it knows.`,
  );
}

function checked(words: readonly string[] | undefined, place: Place): readonly string[] {
  if (words === undefined) throw fault(place, "a quote is not closed");
  return words;
}

function hostMatches(pass: Pass, patterns: readonly string[], place: Place): boolean {
  let found = false;
  for (const pattern of patterns) {
    if (pattern === "") throw fault(place, "Host: an empty pattern");
    const negated = pattern.startsWith("!");
    if (!matchesPattern(pass.host, negated ? pattern.slice(1) : pattern)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

async function include(
  pass: Pass,
  section: Section,
  pattern: string,
  place: Place,
  active: boolean,
): Promise<void> {
  const { machine } = pass;
  if (pattern === "") throw fault(place, "Include: an empty path");
  const tilde = pattern.startsWith("~");
  if (tilde && !section.user) throw fault(place, "Include: ~ means nothing in the system's configuration");
  // There is nothing to include where a variable is not set.
  const names = [...pattern.matchAll(/\$\{([^}]+)\}/g)].map(([, name = ""]) => name);
  if (names.some((name) => machine.env[name] === undefined)) return;
  const folder = section.user ? `${machine.home}/.ssh` : machine.systemFolder;
  const whole = expandTokens(
    tilde ? await expandTilde(pattern, machine) : pattern,
    tokensOf(pass),
    machine.env,
  );
  const path = machine.isAbsolute(whole) ? whole : `${folder}/${whole}`;
  for (const found of await machine.glob(path)) {
    await read(pass, {
      path: found,
      user: section.user,
      checked: true,
      never: !active,
      depth: section.depth + 1,
    });
  }
}

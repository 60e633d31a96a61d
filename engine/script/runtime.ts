// The run-time library of compiled scripts: the core always, other sections where a script uses them.
import attributes from "./attributes.sh" with { type: "text" };
import diff from "./diff.sh" with { type: "text" };
import look from "./look.sh" with { type: "text" };
import reactions from "./reactions.sh" with { type: "text" };
import running from "./running.sh" with { type: "text" };
import core from "./runtime.sh" with { type: "text" };
import secrets from "./secrets.sh" with { type: "text" };

const sections: readonly { readonly uses: RegExp; readonly text: string }[] = [
  { uses: /\bpallet_attributes(?:_below)?\b/, text: attributes },
  { uses: /^pallet_react /m, text: reactions },
  { uses: /\bpallet_diff\b/, text: diff },
  { uses: /^pallet_proof_\d+\(\) /m, text: look },
  { uses: /^pallet_secrets /m, text: secrets },
];

/** The run-time library that bash of actions needs, in a stable order. */
export function runtimeFor(bash: string): string {
  return [core, running, ...sections.filter(({ uses }) => uses.test(bash)).map(({ text }) => text)].join(
    "\n",
  );
}

// A run as one page that needs nothing else: no network, no build, no script to be read.
import type { Place } from "../../errors.ts";
import { count, duration, escapeText } from "../../text.ts";
import type { ActionRow, PhaseRow, RunModel, TargetRow } from "../model.ts";
import { countsText, omittedText } from "../words.ts";
import { graph } from "./graph.ts";
import { html } from "./text.ts";
import style from "./style.css" with { type: "text" };

function badge(result: string): string {
  return `<span class="badge ${html(result)}">${html(result.replace("-", " "))}</span>`;
}

function diff(text: string): string {
  const lines = escapeText(text).replace(/\n$/, "").split("\n").map((line) => {
    const kind = /^(\+\+\+|---)/.test(line)
      ? "file"
      : line.startsWith("+")
      ? "added"
      : line.startsWith("-")
      ? "removed"
      : line.startsWith("@@")
      ? "hunk"
      : "same";
    return `<span class="${kind}">${html(line)}</span>`;
  });
  return `<pre class="diff">${lines.join("\n")}</pre>`;
}

function action(row: ActionRow, place: Place): string {
  const where = row.origin.file === "unknown" ? "" : `<span class="place">${html(place(row.origin))}</span>`;
  const more = [
    ...row.changes.map((change) => `<li>${html(change)}</li>`),
  ];
  const inside = [
    more.length === 0 ? "" : `<ul>${more.join("")}</ul>`,
    row.because === undefined || row.because.length === 0
      ? ""
      : `<p>It cannot be known because of ${html(row.because.join(", "))}.</p>`,
    row.diff === undefined ? "" : diff(row.diff),
    row.output === undefined || row.output.trim() === ""
      ? ""
      : `<pre class="output">${html(row.output)}</pre>`,
  ].join("");
  const exit = row.result === "failed" ? ` <span class="dim">exit ${row.exit}</span>` : "";
  const head = `${badge(row.result)} <span class="title">${html(row.title)}</span>${exit} <span class="dim">${
    duration(row.duration)
  }</span> ${where}`;
  if (inside === "") return `<div class="action">${head}</div>`;
  return `<details class="action"${
    row.result === "failed" ? " open" : ""
  }><summary>${head}</summary>${inside}</details>`;
}

function anchor(phase: number, target: string): string {
  return `p${phase}-${target.replaceAll(/[^\w-]/g, (sign) => `_${sign.codePointAt(0)?.toString(16)}`)}`;
}

function bar(row: TargetRow, model: RunModel): string {
  const whole = Math.max(1, model.duration);
  const left = (from: number) => ((100 * from) / whole).toFixed(3);
  const parts = row.actions.map((one) => {
    const from = Math.max(row.from, one.endedAt - one.duration);
    const width = Math.max(0.15, (100 * (one.endedAt - from)) / whole).toFixed(3);
    return `<i class="${html(one.result)}" style="left:${left(from)}%;width:${width}%" title="${
      html(`${one.title}: ${one.result}, ${duration(one.duration)}`)
    }"></i>`;
  });
  const span = `left:${left(row.from)}%;width:${
    Math.max(0.15, (100 * (row.to - row.from)) / whole).toFixed(3)
  }%`;
  return `<div class="track"><b class="${html(row.result)}" style="${span}"></b>${parts.join("")}</div>`;
}

function timeline(model: RunModel): string {
  const targets = [...new Set(model.phases.flatMap((phase) => phase.targets.map(({ target }) => target)))];
  if (targets.length === 0) return "";
  const rows = targets.map((name) => {
    const bars = model.phases.flatMap((phase, at) => {
      const row = phase.targets.find(({ target }) => target === name);
      return row === undefined ? [] : [`<a href="#${anchor(at, name)}">${bar(row, model)}</a>`];
    });
    return `<tr><th scope="row">${html(name)}</th><td><div class="lanes">${bars.join("")}</div></td></tr>`;
  });
  const marks = model.phases.map((phase) =>
    `<span style="left:${((100 * phase.from) / Math.max(1, model.duration)).toFixed(3)}%">${
      html(phase.phase)
    }</span>`
  );
  return `<section><h2>Timeline</h2><table class="timeline"><tr><th></th><td><div class="marks">${
    marks.join("")
  }</div></td></tr>${rows.join("")}</table><p class="dim">0 to ${duration(model.duration)}</p></section>`;
}

function target(row: TargetRow, at: number, place: Place): string {
  const failure = row.failure === undefined
    ? ""
    : `<p class="failure">${html(row.failure.message)}${
      row.failure.help === undefined ? "" : `<br><span class="dim">${html(row.failure.help)}</span>`
    }</p>`;
  const before = row.recalled ? ' <span class="dim">before the run was gone on with</span>' : "";
  const omitted = row.omitted.map((event) => `<p class="dim">${html(omittedText(event))}</p>`).join("");
  return `<article id="${anchor(at, row.target)}"><h3>${html(row.target)} ${
    badge(row.result)
  } <span class="dim">${duration(row.to - row.from)}</span>${before}</h3>${failure}${
    row.actions.map((one) => action(one, place)).join("")
  }${omitted}</article>`;
}

function phase(row: PhaseRow, at: number, place: Place): string {
  return `<section><h2>Phase ${html(row.phase)} <span class="dim">${duration(row.to - row.from)}</span></h2>${
    row.targets.map((one) => target(one, at, place)).join("")
  }</section>`;
}

function summary(model: RunModel): string {
  const { finished } = model;
  if (finished === undefined) return "<p>The run has not ended, or was killed.</p>";
  const rows = finished.targets.map((one) =>
    `<tr><th scope="row">${html(one.target)}</th><td>${html(one.group)}</td><td>${
      badge(one.result)
    }</td><td>${html(countsText(one.counts))}</td><td>${html(one.failure?.message ?? "")}</td></tr>`
  );
  const failure = finished.failure === undefined
    ? ""
    : `<p class="failure">${html(finished.failure.message)}</p>`;
  if (rows.length === 0) return failure;
  return `${failure}<table class="summary"><tr><th>node</th><th>group</th><th>result</th><th>actions</th><th></th></tr>${
    rows.join("")
  }</table>`;
}

function nodes(model: RunModel): string {
  if (model.nodes.length === 0) return "";
  const line = (event: RunModel["nodes"][number]): string => {
    if (event.type === "node-created") {
      return `created ${event.target}${event.address ? ` (${event.address})` : ""}`;
    }
    if (event.type === "node-removed") return `removed ${event.target}`;
    return `${event.target}: ${event.failure.message}`;
  };
  return `<section><h2>Nodes</h2><ul>${
    model.nodes.map((one) => `<li>${html(line(one))}</li>`).join("")
  }</ul></section>`;
}

function messages(model: RunModel): string {
  const shown = model.messages.filter(({ level }) => level !== "debug");
  if (shown.length === 0) return "";
  const lines = shown.map(({ level, text, target: of }) =>
    `<li>${badge(level)} ${of === undefined ? "" : `${html(of)}: `}${html(text)}</li>`
  );
  return `<section><h2>Messages</h2><ul class="messages">${lines.join("")}</ul></section>`;
}

/** A run as one self-contained HTML page. */
export function page(model: RunModel, place: Place): string {
  const { started, finished } = model;
  const result = finished === undefined ? "unfinished" : finished.result;
  const title = `${started.operation} ${started.run}: ${result}`;
  const total = new Set(model.phases.flatMap(({ targets }) => targets.map(({ target }) => target))).size;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${html(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${html(started.operation)} ${badge(result)}</h1>
<p class="dim">${html(started.run)}, ${html(started.at)}${
    started.resumed === undefined ? "" : ", gone on with"
  }; service ${html(started.service)}; ${count(model.phases.length, "phase")}, ${count(total, "node")}, ${
    duration(model.duration)
  }${started.check ? "; asked only, nothing changed" : ""}</p>
</header>
<main>
<section><h2>Summary</h2>${summary(model)}</section>
${timeline(model)}
${graph(model)}
${nodes(model)}
${model.phases.map((one, at) => phase(one, at, place)).join("\n")}
${messages(model)}
</main>
</body>
</html>
`;
}

// Groups and what holds between them, as an SVG.
import type { RunModel } from "../model.ts";
import { html } from "./text.ts";

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: "after" | "reads";
  readonly label: string;
}

const BOX = { width: 150, height: 36, gapX: 90, gapY: 28 };

/** Columns of groups: each stands right of all that it comes after or reads from, as far as there is no circle. */
function columns(names: readonly string[], edges: readonly Edge[]): ReadonlyMap<string, number> {
  const depth = new Map(names.map((name) => [name, 0]));
  // As often as there are groups: a circle ends there, and is drawn with arrows that lead back.
  for (let round = 0; round < names.length; round++) {
    for (const { from, to } of edges) {
      const wanted = (depth.get(to) ?? 0) + 1;
      if (from !== to && wanted > (depth.get(from) ?? 0) && wanted < names.length) depth.set(from, wanted);
    }
  }
  return depth;
}

function edgesOf({ groups, reads }: RunModel, groupOf: ReadonlyMap<string, string>): readonly Edge[] {
  const after = groups.flatMap((group) =>
    group.after.map((to): Edge => ({ from: group.name, to, kind: "after", label: "after" }))
  );
  const facilities = new Map<string, Set<string>>();
  for (const { reader, of, facility } of reads) {
    const [from, to] = [groupOf.get(reader), groupOf.get(of)];
    if (from === undefined || to === undefined || from === to) continue;
    const key = JSON.stringify([from, to]);
    facilities.set(key, (facilities.get(key) ?? new Set()).add(facility));
  }
  const read = [...facilities].map(([key, labels]): Edge => {
    const [from = "", to = ""] = JSON.parse(key) as string[];
    return { from, to, kind: "reads", label: `reads ${[...labels].sort().join(", ")}` };
  });
  return [...after, ...read];
}

/** The groups of a run, their order, and whose settings they read; nothing when nothing holds between them. */
export function graph(model: RunModel): string {
  const { groups } = model;
  const groupOf = new Map(groups.flatMap((group) => group.nodes.map((node) => [node, group.name])));
  const edges = edgesOf(model, groupOf);
  if (edges.length === 0) return "";
  const names = groups.map(({ name }) => name);
  const depth = columns(names, edges);
  const places = new Map<string, { readonly x: number; readonly y: number }>();
  const rows = new Map<number, number>();
  for (const name of names) {
    const column = depth.get(name) ?? 0;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    places.set(name, { x: 10 + column * (BOX.width + BOX.gapX), y: 10 + row * (BOX.height + BOX.gapY) });
  }
  const width = Math.max(...[...places.values()].map(({ x }) => x)) + BOX.width + 10;
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + BOX.height + 24;
  const boxes = names.map((name) => {
    const { x = 0, y = 0 } = places.get(name) ?? {};
    const size = groups.find((group) => group.name === name)?.nodes.length ?? 0;
    return `<g><rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6"/><text x="${
      x + BOX.width / 2
    }" y="${y + 23}" text-anchor="middle">${html(name)} (${size})</text></g>`;
  });
  const arrows = edges.map(({ from, to, kind, label }) => {
    const [a, b] = [places.get(from), places.get(to)];
    if (a === undefined || b === undefined) return "";
    const shift = kind === "after" ? -6 : 6;
    const [x1, y1, x2, y2] = [
      a.x,
      a.y + BOX.height / 2 + shift,
      b.x + BOX.width,
      b.y + BOX.height / 2 + shift,
    ];
    return `<g class="${kind}"><path d="M${x1} ${y1} C ${x1 - 40} ${y1}, ${
      x2 + 40
    } ${y2}, ${x2} ${y2}" marker-end="url(#arrow)"/><text x="${(x1 + x2) / 2}" y="${
      (y1 + y2) / 2 + (kind === "after" ? -5 : 13)
    }" text-anchor="middle">${html(label)}</text></g>`;
  });
  return `<section><h2>Groups</h2><svg class="graph" role="img" aria-label="groups, their order, and whose settings they read" viewBox="0 0 ${width} ${height}" width="${width}"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>${
    arrows.join("")
  }${boxes.join("")}</svg></section>`;
}

if (Deno.args[0] === "__sandbox") {
  // The sandbox's child: it must load nothing but itself.
  await (await import("./engine/sandbox/child.ts")).serve();
} else if (Deno.args[0] === "__plugin") {
  // A plugin's process, where it cannot be given its permissions by options.
  (await import("./plugins/child/narrow.ts")).serveNarrowed(Deno.args[1] ?? "{}");
} else {
  const { main } = await import("./cli/main.ts");
  // `deno task pallet -- plan` hands the dashes over.
  Deno.exit(await main(Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args));
}

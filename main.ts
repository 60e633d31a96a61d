if (Deno.args[0] === "__sandbox") {
  // The sandbox's child: it must load nothing but itself.
  await (await import("./engine/sandbox/child.ts")).serve();
} else {
  const { main } = await import("./cli/main.ts");
  Deno.exit(await main(Deno.args));
}

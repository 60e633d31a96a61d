// Leads a port of this machine's loopback into a guest, as VirtualBox's NAT does. Arguments: port, address, port.
const [from = "", address = "", to = ""] = Deno.args;
for await (const connection of Deno.listen({ hostname: "127.0.0.1", port: Number(from) })) {
  void (async () => {
    try {
      const guest = await Deno.connect({ hostname: address, port: Number(to) });
      await Promise.allSettled([
        connection.readable.pipeTo(guest.writable),
        guest.readable.pipeTo(connection.writable),
      ]);
    } catch {
      connection.close();
    }
  })();
}

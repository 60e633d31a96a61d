/** First line that a server sends on a port, or nothing when there is none within some seconds. */
export async function greeting(
  hostname: string,
  port: number,
  seconds: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const limit = AbortSignal.timeout(seconds * 1000);
  const ended = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  let connection: Deno.TcpConn | undefined;
  const close = () => {
    try {
      connection?.close();
    } catch {
      // It is closed already.
    }
  };
  try {
    connection = await Deno.connect({ hostname, port, signal: ended });
    ended.addEventListener("abort", close, { once: true });
    const buffer = new Uint8Array(256);
    const length = await connection.read(buffer);
    return length === null
      ? undefined
      : new TextDecoder().decode(buffer.subarray(0, length)).split(/\r?\n/)[0];
  } catch {
    return undefined;
  } finally {
    ended.removeEventListener("abort", close);
    close();
  }
}

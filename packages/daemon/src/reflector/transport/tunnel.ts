import type { Socket } from 'node:net';

/** Asks the proxy at the other end of `socket` to connect it to a host. Rejects with what the proxy answered. */
export async function openTunnel(socket: Socket, proxy: URL, host: string, port: number): Promise<void> {
  const reader = new SocketReader(socket);
  try {
    if (proxy.protocol.startsWith('socks5')) await socks5(socket, reader, proxy, host, port);
    else await connect(socket, reader, proxy, host, port);
  } finally {
    reader.release();
  }
}

/** HTTP CONNECT, RFC 9110 section 9.3.6. */
async function connect(socket: Socket, reader: SocketReader, proxy: URL, host: string, port: number): Promise<void> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  const credentials = login(proxy);
  const authorization =
    credentials === undefined
      ? ''
      : `Proxy-Authorization: Basic ${Buffer.from(credentials.join(':')).toString('base64')}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
  const head = (await reader.until('\r\n\r\n', 16 << 10)).toString('latin1');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status?.startsWith('2') !== true) throw refused(`answered ${status ?? 'something else than HTTP'} to CONNECT`);
}

/** SOCKS version 5, RFC 1928, with user name and password, RFC 1929. The proxy resolves the host's name. */
async function socks5(socket: Socket, reader: SocketReader, proxy: URL, host: string, port: number): Promise<void> {
  const credentials = login(proxy);
  const method = credentials === undefined ? 0 : 2;
  socket.write(Buffer.from([5, 1, method]));
  const choice = await reader.bytes(2);
  if (choice[0] !== 5 || choice[1] !== method) throw refused('does not accept the way of logging in');
  if (credentials !== undefined) {
    const [user, password] = credentials.map((text) => Buffer.from(text)) as [Buffer, Buffer];
    socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
    if ((await reader.bytes(2))[1] !== 0) throw refused('refused the user name or password');
  }
  const name = Buffer.from(host);
  const address = Buffer.from([port >> 8, port & 0xff]);
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, address]));
  const reply = await reader.bytes(4);
  if (reply[0] !== 5 || reply[1] !== 0) throw refused(`answered SOCKS error ${String(reply[1])}`);
  // The address it is bound to: IPv4, IPv6, or a name with its length in front.
  const length = reply[3] === 1 ? 4 : reply[3] === 4 ? 16 : ((await reader.bytes(1))[0] ?? 0);
  await reader.bytes(length + 2);
}

function login(proxy: URL): [string, string] | undefined {
  if (proxy.username === '') return undefined;
  return [decodeURIComponent(proxy.username), decodeURIComponent(proxy.password)];
}

function refused(problem: string): Error {
  return Object.assign(new Error(`the proxy ${problem}`), { code: 'EPROXY' });
}

/** Reads exactly what is asked for, and leaves the rest in the socket. */
class SocketReader {
  readonly #socket: Socket;
  #failed: Error | undefined;
  #wake: () => void = () => undefined;
  readonly #onReadable = (): void => this.#wake();
  readonly #onError = (error: Error): void => this.#fail(error);
  readonly #onClose = (): void => this.#fail(refused('closed the connection'));

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('readable', this.#onReadable).on('error', this.#onError).on('close', this.#onClose);
  }

  async bytes(count: number): Promise<Buffer> {
    for (;;) {
      const bytes = this.#socket.read(count) as Buffer | null;
      if (bytes?.length === count) return bytes;
      await this.#more();
    }
  }

  async until(end: string, limit: number): Promise<Buffer> {
    let bytes = Buffer.alloc(0);
    while (bytes.length < limit) {
      bytes = Buffer.concat([bytes, await this.bytes(1)]);
      if (bytes.toString('latin1').endsWith(end)) return bytes;
    }
    throw refused('answered something else than HTTP');
  }

  release(): void {
    this.#socket.off('readable', this.#onReadable).off('error', this.#onError).off('close', this.#onClose);
  }

  async #more(): Promise<void> {
    if (!this.#failed) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failed instanceof Error) throw this.#failed;
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#wake();
  }
}

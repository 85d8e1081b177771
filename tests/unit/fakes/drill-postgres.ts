//! Just enough of PostgreSQL's wire protocol for a drill: a start-up without password and simple
//! queries, answered by a function. All values travel as text.

import net from "node:net";

export type Column = readonly [name: string, typeOid: number];

export type QueryAnswer =
  | { readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[] }
  | { readonly sqlstate: string; readonly message: string };

export const oids = { bool: 16, bigint: 20, int: 23, text: 25, float: 701 } as const;

export interface FakePostgres {
  readonly port: number;
  close(): Promise<void>;
}

/** `answer` gives null while the server is to behave as if it were not there. */
export async function startFakePostgres(
  answer: (sql: string) => QueryAnswer | null,
): Promise<FakePostgres> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    serve(socket, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serve(socket: net.Socket, answer: (sql: string) => QueryAnswer | null): void {
  let pending = Buffer.alloc(0);
  let started = false;
  socket.on("data", (part: Buffer) => {
    pending = Buffer.concat([pending, part]);
    for (;;) {
      const head = started ? 1 : 0;
      if (pending.length < head + 4) return;
      const length = head + pending.readInt32BE(head);
      if (pending.length < length) return;
      const message = pending.subarray(0, length);
      pending = pending.subarray(length);
      if (!started) {
        started = true;
        socket.write(Buffer.concat([packet("R", int32(0)), ready]));
      } else if (message[0] === 0x51) {
        const reply = answer(message.subarray(5, length - 1).toString("utf8"));
        if (reply === null) socket.destroy();
        else socket.write(encoded(reply));
      } else {
        socket.end();
      }
    }
  });
}

function encoded(reply: QueryAnswer): Buffer {
  if ("sqlstate" in reply) {
    const fields = `SERROR\0C${reply.sqlstate}\0M${reply.message}\0\0`;
    return Buffer.concat([packet("E", Buffer.from(fields)), ready]);
  }
  const columns = reply.columns.map(([name, oid]) =>
    Buffer.concat([
      Buffer.from(`${name}\0`),
      int32(0),
      int16(0),
      int32(oid),
      int16(-1),
      int32(-1),
      int16(0),
    ]),
  );
  const rows = reply.rows.map((row) => {
    const values = row.map((value) => {
      const bytes = Buffer.from(value);
      return Buffer.concat([int32(bytes.length), bytes]);
    });
    return packet("D", Buffer.concat([int16(row.length), ...values]));
  });
  return Buffer.concat([
    packet("T", Buffer.concat([int16(columns.length), ...columns])),
    ...rows,
    packet("C", Buffer.from(`SELECT ${rows.length}\0`)),
    ready,
  ]);
}

function packet(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

const ready = packet("Z", Buffer.from("I"));

//! Unpacks a tar stream of PostgreSQL's base backup while it arrives. Files, folders and symbolic
//! links only, and nothing outside the given folder. A thousand files are made here while the same
//! process carries everybody's traffic, so nothing of it waits for the disk.

import { type FileHandle, lchown, mkdir, open, symlink } from "node:fs/promises";
import { join } from "node:path";

import type { Account } from "./account.ts";

interface Header {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly linkTarget: string;
}

const blockBytes = 512;

export class Untar {
  readonly #folder: string;
  readonly #account: Account | undefined;
  /** The beginning of a header whose end has not arrived yet. */
  #rest: Buffer = Buffer.alloc(0);
  #file: FileHandle | undefined;
  #contentLeft = 0;
  #paddingLeft = 0;
  #files = 0;

  constructor(folder: string, account: Account | undefined) {
    this.#folder = folder;
    this.#account = account;
  }

  get files(): number {
    return this.#files;
  }

  /** One at a time, in order. */
  async write(chunk: Buffer): Promise<void> {
    let left = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    while (left.length > 0) {
      if (this.#contentLeft > 0) left = await this.#content(left);
      else if (this.#paddingLeft > 0) left = this.#padding(left);
      else if (left.length >= blockBytes) left = await this.#header(left);
      else {
        // A copy: the chunk belongs to the connection, which may reuse it.
        this.#rest = Buffer.from(left);
        return;
      }
    }
  }

  /** Throws when the stream has ended inside a file. */
  async end(): Promise<void> {
    const whole = this.#contentLeft === 0 && this.#rest.length === 0;
    await this.close();
    if (!whole) throw new Error("the base backup ended in the middle of a file");
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #content(left: Buffer): Promise<Buffer> {
    const part = left.subarray(0, this.#contentLeft);
    if (this.#file !== undefined) await writeAll(this.#file, part);
    this.#contentLeft -= part.length;
    if (this.#contentLeft === 0) await this.close();
    return left.subarray(part.length);
  }

  #padding(left: Buffer): Buffer {
    const part = Math.min(this.#paddingLeft, left.length);
    this.#paddingLeft -= part;
    return left.subarray(part);
  }

  async #header(left: Buffer): Promise<Buffer> {
    const header = parseHeader(left.subarray(0, blockBytes));
    // Two blocks of zeros end the archive.
    if (header !== undefined) await this.#begin(header);
    return left.subarray(blockBytes);
  }

  async #begin({ name, size, type, linkTarget }: Header): Promise<void> {
    if (name.startsWith("/") || name.split("/").includes("..")) {
      throw new Error(`the base backup holds ${name}, which is outside the data directory`);
    }
    const path = join(this.#folder, name);
    switch (type) {
      case "5":
        await mkdir(path, { recursive: true, mode: 0o700 });
        return this.#own(path);
      case "2":
        await symlink(linkTarget, path);
        return this.#own(path);
      case "0":
      case "\0":
        return this.#beginFile(path, size);
      default:
        throw new Error(`the base backup holds ${name}, of the unknown type ${type}`);
    }
  }

  async #beginFile(path: string, size: number): Promise<void> {
    const file = await open(path, "w", 0o600);
    this.#files += 1;
    this.#file = file;
    if (this.#account !== undefined) await file.chown(this.#account.uid, this.#account.gid);
    this.#contentLeft = size;
    this.#paddingLeft = (blockBytes - (size % blockBytes)) % blockBytes;
    if (size === 0) await this.close();
  }

  async #own(path: string): Promise<void> {
    if (this.#account !== undefined) await lchown(path, this.#account.uid, this.#account.gid);
  }
}

/** Undefined for a block of zeros. */
function parseHeader(block: Buffer): Header | undefined {
  const text = (from: number, to: number) => {
    const field = block.toString("latin1", from, to);
    const end = field.indexOf("\0");
    return end < 0 ? field : field.slice(0, end);
  };
  const name = text(0, 100);
  if (name === "") return undefined;
  const size = Number.parseInt(text(124, 136).trim() || "0", 8);
  if (Number.isNaN(size)) throw new Error(`the base backup holds ${name}, of an unreadable size`);
  return { name, size, type: String.fromCharCode(block[156] ?? 0), linkTarget: text(157, 257) };
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written)).bytesWritten;
  }
}

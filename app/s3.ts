//! Objects in one S3 bucket. Time and size are bounded, the content type is kept.
//! A put whose answer got lost may have been stored: that is said, not guessed.

import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { Readable } from "node:stream";
import type { StorageConfig } from "./config.ts";
import type { Found, ObjectPut, Objects, StoredObject } from "./ports.ts";

export interface S3ObjectsProps extends StorageConfig {
  readonly bytesMax: number;
}

const connectTimeoutMs = 1_000;
const requestTimeoutMs = 2_000;
/** For one operation, reading the body included. */
const operationTimeoutMs = 4_000;
/** A second attempt could overwrite what somebody else stored since the first one. */
const attemptsMax = 1;

export class S3Objects implements Objects {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #bytesMax: number;

  constructor(props: S3ObjectsProps) {
    this.#bucket = props.bucket;
    this.#bytesMax = props.bytesMax;
    this.#client = new S3Client({
      region: props.awsRegion,
      maxAttempts: attemptsMax,
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        requestTimeout: requestTimeoutMs,
        throwOnRequestTimeout: true,
      },
      ...(props.endpoint === undefined ? {} : { endpoint: props.endpoint, forcePathStyle: true }),
      ...credentialsOf(props),
    });
  }

  async put(key: string, { contentType, body }: StoredObject): Promise<ObjectPut> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Body: body,
      ContentType: contentType,
    });
    try {
      await this.#client.send(command, { abortSignal: AbortSignal.timeout(operationTimeoutMs) });
      return { kind: "stored" };
    } catch (error) {
      const because = `object storage: ${(error as Error).message}`;
      return { kind: isRefused(error) ? "unavailable" : "outcome-unknown", because };
    }
  }

  async get(key: string): Promise<Found<StoredObject>> {
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: key });
    const abortSignal = AbortSignal.timeout(operationTimeoutMs);
    try {
      const answer = await this.#client.send(command, { abortSignal });
      // Others may write to the bucket too; what is too large is refused before it is read.
      if ((answer.ContentLength ?? 0) > this.#bytesMax) {
        (answer.Body as Readable | undefined)?.destroy();
        return {
          kind: "unavailable",
          because: `the object is larger than ${this.#bytesMax} bytes`,
        };
      }
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      const contentType = answer.ContentType ?? "application/octet-stream";
      return { kind: "found", value: { contentType, body: Buffer.from(bytes) } };
    } catch (error) {
      if (error instanceof NoSuchKey) return { kind: "absent" };
      return { kind: "unavailable", because: `object storage: ${(error as Error).message}` };
    }
  }

  close(): void {
    this.#client.destroy();
  }
}

/** S3 itself said no. A 5xx may come after the object was stored. */
function isRefused(error: unknown): boolean {
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  return status !== undefined && status >= 400 && status < 500;
}

function credentialsOf({ credentials }: StorageConfig) {
  if (credentials === "provider-chain") return {};
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const keys = { accessKeyId, secretAccessKey };
  return { credentials: sessionToken === undefined ? keys : { ...keys, sessionToken } };
}

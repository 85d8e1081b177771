//! The region's own bucket in S3, for what a salvage leaves and for the objects that it looks for.
//! Each call is sent once, within its time. Asking for objects needs the right to list the bucket:
//! without it S3 answers 403 for what is not there.

import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { succeeded } from "../../failover/outcome.ts";
import { type AwsAccess, callAws, clientSettings } from "../adapters/aws-call.ts";
import type { ObjectStore } from "./object-store.ts";

export interface SalvageStoreProps {
  readonly access: AwsAccess;
  readonly bucket: string;
  readonly timeoutMs: number;
}

export type SalvageStore = ObjectStore & { close(): void };

export function salvageStore({ access, bucket, timeoutMs }: SalvageStoreProps): SalvageStore {
  const client = new S3Client({
    ...clientSettings(access, timeoutMs),
    forcePathStyle: access.endpoint !== undefined,
  });
  const at = (key: string) => ({ Bucket: bucket, Key: key });
  return {
    location: `s3://${bucket}`,
    async put(key, body, contentType) {
      const Body = Buffer.from(body);
      const command = new PutObjectCommand({ ...at(key), Body, ContentType: contentType });
      const answer = await callAws(timeoutMs, (options) => client.send(command, options));
      return answer.ok ? succeeded(undefined) : answer;
    },
    async exists(key) {
      const command = new HeadObjectCommand(at(key));
      const answer = await callAws(timeoutMs, (options) => client.send(command, options));
      if (answer.ok) return succeeded(true);
      return isAbsent(answer.detail) ? succeeded(false) : answer;
    },
    async get(key) {
      const command = new GetObjectCommand(at(key));
      const answer = await callAws(timeoutMs, async (options) => {
        const { Body } = await client.send(command, options);
        return (await Body?.transformToString()) ?? "";
      });
      if (answer.ok || !isAbsent(answer.detail)) return answer;
      return succeeded("absent" as const);
    },
    close: () => client.destroy(),
  };
}

/** HEAD has no body to name the error in, so the SDK makes a name of the status. */
function isAbsent(detail: string): boolean {
  return detail.startsWith("NoSuchKey:") || detail.startsWith("NotFound:");
}

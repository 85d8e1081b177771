//! The arbiter and the journal in one DynamoDB global table with multi-region strong consistency.
//! One item holds the lease; each appended batch of journal entries is an item of its own.
//! That strong reads and conditional writes go by the latest version of an item, in whichever region,
//! is what the safety argument stands on (DynamoDB developer guide, "Multi-Region strong consistency").

import type { Arbiter, Journal } from "../../failover/ports.ts";
import { DynamoDbArbiter } from "./dynamodb-arbiter.ts";
import { DynamoDbJournal } from "./dynamodb-journal.ts";
import { type DynamoDbProps, Replicas } from "./dynamodb-replicas.ts";

export interface DynamoDb {
  readonly arbiter: Arbiter;
  readonly journal: Journal;
  close(): void;
}

export function dynamoDb(props: DynamoDbProps): DynamoDb {
  const replicas = new Replicas(props, () => performance.now());
  return {
    arbiter: new DynamoDbArbiter(props, replicas),
    journal: new DynamoDbJournal(props, replicas),
    close: () => replicas.close(),
  };
}

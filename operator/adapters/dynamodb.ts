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
  // Each finds out for itself which replica answers: a look at the journal that gets lost, which
  // anybody may ask for, must not send the holder's next renewal over the link to the other region.
  const ofLease = new Replicas(props, () => performance.now());
  const ofJournal = new Replicas(props, () => performance.now());
  return {
    arbiter: new DynamoDbArbiter(props, ofLease),
    journal: new DynamoDbJournal(props, ofJournal),
    close() {
      ofLease.close();
      ofJournal.close();
    },
  };
}

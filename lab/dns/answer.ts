//! What an authoritative source says about one name and type. The source decides, the server only
//! puts it on the wire. Names are canonical: lower case, with the final dot.

export const recordTypes = ["A", "AAAA", "CNAME", "NS", "SOA", "TXT"] as const;

export type RecordType = (typeof recordTypes)[number];

export interface DnsRecord {
  readonly name: string;
  readonly type: RecordType;
  readonly ttlSeconds: number;
  /** As a zone file has it: `192.0.2.1`, `"text" "more text"`, `target.example.com.` */
  readonly value: string;
}

export type DnsAnswer =
  | { readonly kind: "records"; readonly answers: readonly DnsRecord[] }
  /** The name exists, but not with this type. `answers` holds the CNAME chain that led there. */
  | { readonly kind: "no-data"; readonly answers: readonly DnsRecord[]; readonly soa: DnsRecord }
  | {
      readonly kind: "no-such-name";
      readonly answers: readonly DnsRecord[];
      readonly soa: DnsRecord;
    }
  /** The name lies in no zone of this source. */
  | { readonly kind: "not-ours" };

/** Asked once per query; `name` as the client spelled it, `type` such as `A` or `UNKNOWN_65`. */
export type AnswerSource = (name: string, type: string) => DnsAnswer;

export function isRecordType(type: string): type is RecordType {
  return recordTypes.some((known) => known === type);
}

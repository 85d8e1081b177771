//! `.switchback/lab.json`: every address of a running lab, for people, scripts and drills.
//! Whatever is not in this file is private to the lab.

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface RegionDescriptor {
  readonly address: string;
  /** Public endpoint of the region's app, as users and health checkers reach it. */
  readonly app: string;
  readonly postgres: Address & { readonly user: string; readonly database: string };
  /** AWS endpoint of the region: RDS, EKS, DynamoDB, S3, CloudWatch, STS. */
  readonly aws: string;
  /** Where the region's app keeps its objects. */
  readonly bucket: string;
  readonly kubernetes: string;
  /** The operator's own page: `/healthz`, `/readyz`, `/status`, `/journal`, `/metrics`, `/command`. */
  readonly operator: string;
}

export interface LabDescriptor {
  readonly version: 1;
  readonly pid: number;
  readonly startedAt: string;
  readonly folder: string;
  readonly service: string;
  readonly hostname: string;
  /** Port of the app behind `hostname`; the same in both regions, since DNS carries no port. */
  readonly appPort: number;
  readonly zone: string;
  readonly dns: Address;
  /** HTTP API that injects and heals faults: GET/POST/DELETE `/faults`. */
  readonly faultApi: string;
  /** For `POST /command` of the operators, as `authorization: Bearer ...`; made anew at each start. */
  readonly operatorToken: string;
  readonly arbiter: {
    readonly table: string;
    readonly group: string;
    readonly witnessRegion: string;
    readonly endpoints: Readonly<Record<string, string>>;
  };
  readonly route53: { readonly endpoint: string; readonly hostedZoneId: string };
  readonly initialActive: string;
  readonly initialStandby: string;
  readonly regions: Readonly<Record<string, RegionDescriptor>>;
}

//! The SigV4 credential scope of a request: which service and region the caller means.

export interface CredentialScope {
  readonly region: string;
  readonly service: string;
  /** Whose key it is. */
  readonly accessKeyId: string;
}

/** From the authorization header, or from the query string of a presigned URL. */
export function credentialScopeOf(
  authorization: string | undefined,
  query: URLSearchParams,
): CredentialScope | undefined {
  const presigned = query.get("X-Amz-Credential");
  const credential = presigned ?? /Credential=([^,\s]+)/.exec(authorization ?? "")?.[1];
  // accessKeyId / date / region / service / aws4_request; an access key id may hold slashes.
  const parts = credential?.split("/").toReversed() ?? [];
  const [terminator, service, region, _date, ...key] = parts;
  if (terminator !== "aws4_request" || service === undefined || region === undefined) {
    return undefined;
  }
  return { region, service, accessKeyId: key.toReversed().join("/") };
}

//! Facts about AWS that name a region and are not a choice of ours.

/**
 * Route 53's control plane (records, zones, health check settings) lives here alone; answering
 * queries and checking health do not need it. Source: AWS whitepaper "AWS Fault Isolation
 * Boundaries", appendix B, "Edge network global service guidance".
 */
export const route53ControlPlaneRegion = "us-east-1";

//! Goal: the lab's Route 53 keeps records and health checks as another implementation of it does.
//! Method: the same calls by the official client against the lab and against moto.

import { isDeepStrictEqual } from "node:util";
import * as Route53 from "@aws-sdk/client-route-53";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { compare } from "./scenario.ts";
import { type Target, zoneName } from "./targets.ts";

function a(label: string, more: Partial<ResourceRecordSet> = {}): ResourceRecordSet {
  const ResourceRecords = [{ Value: "192.0.2.1" }];
  return { Name: `${label}.${zoneName}.`, Type: "A", TTL: 60, ResourceRecords, ...more };
}

type Action = Route53.Change["Action"];
type Change = readonly [Action, ResourceRecordSet];

const callsTo = ({ hostedZoneId, route53 }: Target) => ({
  change: (changes: readonly Change[], HostedZoneId = hostedZoneId) =>
    route53.send(
      new Route53.ChangeResourceRecordSetsCommand({
        HostedZoneId,
        ChangeBatch: {
          Comment: "of a test",
          Changes: changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet })),
        },
      }),
    ),
  list: (more: Partial<Route53.ListResourceRecordSetsRequest> = {}) =>
    route53.send(
      new Route53.ListResourceRecordSetsCommand({ HostedZoneId: hostedZoneId, ...more }),
    ),
  createCheck: (CallerReference: string, HealthCheckConfig: Route53.HealthCheckConfig) =>
    route53.send(new Route53.CreateHealthCheckCommand({ CallerReference, HealthCheckConfig })),
});

const namesOf = ({ ResourceRecordSets = [] }: Partial<Route53.ListResourceRecordSetsResponse>) =>
  ResourceRecordSets.map(({ Name, SetIdentifier, Type }) =>
    [Name, Type, SetIdentifier].filter((part) => part !== undefined).join(" "),
  ).filter((name) => !/ (NS|SOA)$/.test(name));

compare({
  title: "the hosted zone",
  async run({ hostedZoneId, route53 }, notes) {
    const byName = await notes.answered(
      "find by name",
      route53.send(new Route53.ListHostedZonesByNameCommand({ DNSName: zoneName })),
    );
    notes.is("find by name > Id", byName.HostedZones?.[0]?.Id, `/hostedzone/${hostedZoneId}`);
    const got = await notes.answered(
      "get",
      route53.send(new Route53.GetHostedZoneCommand({ Id: hostedZoneId })),
    );
    notes.is("get > Name", got.HostedZone?.Name, `${zoneName}.`);
    notes.is("get > ResourceRecordSetCount", got.HostedZone?.ResourceRecordSetCount, 2);
    await notes.answered("list", route53.send(new Route53.ListHostedZonesCommand({})));
    const none = await notes.answered(
      "find a later name",
      route53.send(new Route53.ListHostedZonesByNameCommand({ DNSName: "zzz.test" })),
    );
    notes.is("find a later name > HostedZones", none.HostedZones, []);
    await notes.refused(
      "get what is not there",
      route53.send(new Route53.GetHostedZoneCommand({ Id: "ZNONE" })),
      "NoSuchHostedZone",
      404,
    );
  },
  onlyInMoto: {
    "DelegationSet > Id": "Route 53 names only reusable delegation sets, and this is none",
    "DelegationSet > CallerReference": "as its Id",
  },
  onlyInLab: {
    IsTruncated: "Route 53's model requires it in every list; moto leaves it out of this one",
    MaxItems: "as IsTruncated",
    Marker: "as IsTruncated",
  },
});

compare({
  title: "a batch of changes is applied whole or not at all",
  async run(target, notes) {
    const { change, list } = callsTo(target);
    const created = await notes.answered("create", change([["CREATE", a("one")]]));
    await notes.answered(
      "ask for the change",
      target.route53.send(new Route53.GetChangeCommand({ Id: created.ChangeInfo?.Id })),
    );
    const refuse = (step: string, changes: readonly Change[], name = "InvalidChangeBatch") =>
      notes.refused(step, change(changes), name, 400);
    await refuse("create what is there, second", [
      ["CREATE", a("two")],
      ["CREATE", a("one")],
    ]);
    notes.is("after the refusal", namesOf(await list()), [`one.${zoneName}. A`]);
    await refuse("delete what is not there, second", [
      ["CREATE", a("three")],
      ["DELETE", a("nothing")],
    ]);
    notes.is("after the second refusal", namesOf(await list()), [`one.${zoneName}. A`]);
    await notes.answered("upsert", change([["UPSERT", a("one", { TTL: 5 })]]));
    await notes.answered(
      "delete and create",
      change([
        ["DELETE", a("one", { TTL: 5 })],
        ["CREATE", a("six")],
      ]),
    );
    notes.is("in the end", namesOf(await list()), [`six.${zoneName}. A`]);
    await notes.refused(
      "in another zone",
      change([["CREATE", a("x")]], "ZNONE"),
      "NoSuchHostedZone",
      404,
    );
    await notes.refused(
      "ask for a change that never was",
      target.route53.send(new Route53.GetChangeCommand({ Id: "C00000000" })),
      "NoSuchChange",
      404,
    );
    await refuse("delete with another value", [
      ["DELETE", a("six", { ResourceRecords: [{ Value: "192.0.2.9" }] })],
    ]);
    await refuse("a value that is no address", [
      ["CREATE", a("four", { ResourceRecords: [{ Value: "not an address" }] })],
    ]);
    await refuse("a name outside of the zone", [["CREATE", { ...a("x"), Name: "x.other.test." }]]);
    await refuse("a CNAME beside other records", [
      ["CREATE", a("six", { Type: "CNAME", ResourceRecords: [{ Value: "x.test." }] })],
    ]);
    await refuse("an alias to nothing", [
      [
        "CREATE",
        {
          Name: `alias.${zoneName}.`,
          Type: "A",
          AliasTarget: {
            HostedZoneId: target.hostedZoneId,
            DNSName: `nothing.${zoneName}.`,
            EvaluateTargetHealth: true,
          },
        },
      ],
    ]);
    await refuse(
      "a role without an identifier",
      [["CREATE", a("five", { Failover: "PRIMARY" })]],
      "InvalidInput",
    );
    await refuse("no change at all", [], "InvalidInput");
    notes.is("after all of them", namesOf(await list()), [`six.${zoneName}. A`]);
  },
  motoDiffers: {
    "a CNAME beside other records: is answered": "moto does not look at what else has the name",
    "a role without an identifier: is answered": "moto does not ask for an identifier",
    "a value that is no address: is answered": "moto does not read values",
    'after all of them: is ["alias.example.test. A","five.example.test. A","four.example.test. A","six.example.test. A","six.example.test. CNAME"]':
      "what moto took",
    "an alias to nothing: is answered": "moto does not follow aliases",
    "ask for a change that never was: is answered": "moto keeps no changes: all are in sync",
    "delete what is not there, second: is refused, InvalidInput 400":
      "moto has another error for it; it applies nothing of the batch either",
    "delete with another value: is refused, InvalidInput 400": "as above",
    "no change at all: is answered": "moto does not count changes",
  },
  onlyInLab: { "ChangeInfo > Comment": "Route 53 gives the batch's comment back; moto drops it" },
});

compare({
  title: "failover records",
  async run(target, notes) {
    const { change, createCheck, list } = callsTo(target);
    const { HealthCheck } = await createCheck("check", endpointCheck);
    const of = (role: "PRIMARY" | "SECONDARY", SetIdentifier: string, more = {}) =>
      a("www", { Failover: role, SetIdentifier, HealthCheckId: HealthCheck?.Id, ...more });
    await notes.answered(
      "create",
      change([
        ["CREATE", of("PRIMARY", "west")],
        ["CREATE", of("SECONDARY", "east")],
      ]),
    );
    const listed = await notes.answered("list", list());
    // Kept in the order of their identifiers, whatever their roles.
    const pair = ["east", "west"].map((set) => `www.${zoneName}. A ${set}`);
    notes.is("list > order", namesOf(listed), pair);
    const west = listed.ResourceRecordSets?.find(({ SetIdentifier: set }) => set === "west");
    notes.is("list > as sent", isDeepStrictEqual(west, of("PRIMARY", "west")), true);
    await notes.answered(
      "swap the roles in one batch",
      change([
        ["UPSERT", of("PRIMARY", "east")],
        ["UPSERT", of("SECONDARY", "west")],
      ]),
    );
    const roles = (await list()).ResourceRecordSets?.flatMap(({ Failover, SetIdentifier }) =>
      Failover === undefined ? [] : `${SetIdentifier} ${Failover}`,
    );
    notes.is("after the swap", roles?.toSorted(), ["east PRIMARY", "west SECONDARY"]);
    const page = await notes.answered("a page", list({ MaxItems: 3 }));
    notes.is(
      "a page > where it goes on",
      [page.IsTruncated, page.NextRecordName, page.NextRecordType, page.NextRecordIdentifier],
      [true, `www.${zoneName}.`, "A", "west"],
    );
    const rest = await notes.answered(
      "the rest",
      list({
        StartRecordName: `www.${zoneName}.`,
        StartRecordType: "A",
        StartRecordIdentifier: "west",
      }),
    );
    notes.is("the rest > records", namesOf(rest), [`www.${zoneName}. A west`]);
    await notes.refused(
      "a second primary",
      change([["CREATE", of("PRIMARY", "north")]]),
      "InvalidChangeBatch",
      400,
    );
    await notes.refused(
      "a plain record beside them",
      change([["CREATE", a("www")]]),
      "InvalidChangeBatch",
      400,
    );
    await notes.refused(
      "a check that is not there",
      change([
        [
          "UPSERT",
          of("PRIMARY", "west", { HealthCheckId: "00000000-0000-0000-0000-000000000000" }),
        ],
      ]),
      "NoSuchHealthCheck",
      404,
    );
  },
  motoDiffers: {
    "a check that is not there: is answered": "moto does not look health checks up",
    'a page > where it goes on: is [true,"www.example.test.","A",null]':
      "moto pages by name and type only, so a page that ends inside a pair cannot be gone on from",
    "a plain record beside them: is answered": "moto does not compare the routing of one name",
    "a second primary: is answered": "moto does not count roles",
    'list > order: is ["www.example.test. A west","www.example.test. A east"]':
      "moto keeps records of one name in the order of their creation",
    'the rest > records: is ["www.example.test. A west","www.example.test. A east"]':
      "as the page: moto does not start at an identifier",
  },
  onlyInLab: {
    "ChangeInfo > Comment": "Route 53 gives the batch's comment back; moto drops it",
    NextRecordIdentifier: "as the page",
  },
});

const endpointCheck: Route53.HealthCheckConfig = {
  Type: "HTTP",
  IPAddress: "192.0.2.1",
  Port: 8080,
  ResourcePath: "/ready",
  RequestInterval: 10,
  FailureThreshold: 2,
};

compare({
  title: "health checks",
  async run(target, notes) {
    const { createCheck } = callsTo(target);
    const { route53 } = target;
    const created = await notes.answered("create", createCheck("one", endpointCheck));
    const HealthCheckId = created.HealthCheck?.Id;
    const again = await notes.answered("create again", createCheck("one", endpointCheck));
    notes.is("create again > Id", again.HealthCheck?.Id === HealthCheckId, true);
    await notes.refused(
      "another with the same reference",
      createCheck("one", { ...endpointCheck, Port: 8081 }),
      "HealthCheckAlreadyExists",
      409,
    );
    const plain = await notes.answered(
      "create with defaults",
      createCheck("two", { Type: "TCP", IPAddress: "192.0.2.1", Port: 5432 }),
    );
    const { FailureThreshold, RequestInterval } = plain.HealthCheck?.HealthCheckConfig ?? {};
    notes.is("create with defaults > intervals", [RequestInterval, FailureThreshold], [30, 3]);
    const [one, two] = [HealthCheckId ?? "", plain.HealthCheck?.Id ?? ""];
    await notes.answered(
      "create of others",
      createCheck("three", {
        Type: "CALCULATED",
        ChildHealthChecks: [one, two],
        HealthThreshold: 1,
      }),
    );
    const got = await notes.answered(
      "get",
      route53.send(new Route53.GetHealthCheckCommand({ HealthCheckId })),
    );
    notes.is("get > HealthCheckVersion", got.HealthCheck?.HealthCheckVersion, 1);
    const updated = await notes.answered(
      "update",
      route53.send(
        new Route53.UpdateHealthCheckCommand({
          HealthCheckId,
          HealthCheckVersion: 1,
          ResourcePath: "/other",
        }),
      ),
    );
    notes.is("update > HealthCheckVersion", updated.HealthCheck?.HealthCheckVersion, 2);
    await notes.refused(
      "update on what was seen before",
      route53.send(
        new Route53.UpdateHealthCheckCommand({
          HealthCheckId,
          HealthCheckVersion: 1,
          ResourcePath: "/third",
        }),
      ),
      "HealthCheckVersionMismatch",
      409,
    );
    await notes.refused(
      "an interval that Route 53 has not",
      createCheck("four", { ...endpointCheck, RequestInterval: 11 }),
      "InvalidInput",
      400,
    );
    await notes.refused(
      "a threshold of more than ten",
      createCheck("five", { ...endpointCheck, FailureThreshold: 11 }),
      "InvalidInput",
      400,
    );
    await notes.answered("list", route53.send(new Route53.ListHealthChecksCommand({})));
    await notes.answered(
      "status",
      route53.send(new Route53.GetHealthCheckStatusCommand({ HealthCheckId: two })),
    );
    await notes.answered(
      "delete",
      route53.send(new Route53.DeleteHealthCheckCommand({ HealthCheckId })),
    );
    await notes.refused(
      "get what is gone",
      route53.send(new Route53.GetHealthCheckCommand({ HealthCheckId })),
      "NoSuchHealthCheck",
      404,
    );
    await notes.refused(
      "delete what is gone",
      route53.send(new Route53.DeleteHealthCheckCommand({ HealthCheckId })),
      "NoSuchHealthCheck",
      404,
    );
    await notes.refused(
      "the reference of what is gone",
      createCheck("one", endpointCheck),
      "HealthCheckAlreadyExists",
      409,
    );
  },
  motoDiffers: {
    "a threshold of more than ten: is answered": "moto does not read the settings",
    "an interval that Route 53 has not: is answered": "moto does not read the settings",
    "another with the same reference: is answered": "moto does not compare caller references",
    "create again > Id: is false": "as above: moto makes another check",
    "delete what is gone: is answered": "moto deletes whatever it is asked to",
    "the reference of what is gone: is answered": "moto does not remember caller references",
    "update > HealthCheckVersion: is 1": "moto does not count versions",
    "update on what was seen before: is answered": "moto does not count versions",
  },
  onlyInMoto: {
    "HealthCheck > HealthCheckConfig > EnableSNI":
      "Route 53 has it for endpoints, as the lab; moto has it for calculated checks too",
  },
  onlyInLab: {
    Location: "Route 53 answers a creation with it; moto does not send the header",
    Marker: "Route 53's model requires it in every list; moto leaves it out of this one",
    IsTruncated: "as Marker",
    MaxItems: "as Marker",
  },
});

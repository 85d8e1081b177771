//! REST bindings: which route a request takes, and the members that live in its path, query string
//! and headers. Routes are compiled once per service.

import type { IncomingHttpHeaders } from "node:http";
import type { HttpBinding, Operation, ServiceModel } from "../model.ts";
import type { Member, ScalarShape, StructureShape } from "../shapes.ts";
import { isRecord, type WireObject, type WireRequest } from "./protocol.ts";
import { malformed, scalarFromText, scalarToText } from "./scalars.ts";

export function routeRest(request: WireRequest, model: ServiceModel): Operation | undefined {
  return matchRoute(request, model)?.route.operation;
}

/** Members from the path, the query string and the headers. */
export function readBindings(request: WireRequest, model: ServiceModel): Record<string, unknown> {
  const match = matchRoute(request, model);
  if (match === undefined) throw malformed("no such route");
  const value: Record<string, unknown> = {};
  for (const member of match.route.operation.input.members) {
    const item = readBinding(member, request, match.labels);
    if (item !== undefined) value[member.name] = item;
  }
  return value;
}

export function writeHeaders(shape: StructureShape, answer: WireObject): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const member of shape.members) {
    const item = answer[member.name];
    if (item === undefined || item === null) continue;
    if (member.location === "header") {
      headers[member.locationName] = scalarToText(scalarOf(member), item, "http-date");
    } else if (member.location === "prefix-headers" && isRecord(item)) {
      for (const [key, text] of Object.entries(item)) {
        headers[`${member.locationName}${key}`] = String(text);
      }
    }
  }
  return headers;
}

interface Route {
  readonly operation: Operation;
  readonly method: string;
  readonly pattern: RegExp;
  readonly labels: readonly string[];
  readonly needsBucket: boolean;
  readonly query: readonly (readonly [name: string, value: string | undefined])[];
  /** What tells this route from another one with the same method and path. */
  readonly marks: readonly Member[];
  readonly id: string | undefined;
  readonly weight: number;
}

interface Match {
  readonly route: Route;
  readonly labels: Readonly<Record<string, string>>;
}

const compiledRoutes = new WeakMap<ServiceModel, readonly Route[]>();

function routesOf(model: ServiceModel): readonly Route[] {
  const known = compiledRoutes.get(model);
  if (known !== undefined) return known;
  const routes = [...model.operations.values()]
    .flatMap((operation) =>
      operation.http === undefined ? [] : [compileRoute(operation, operation.http, model)],
    )
    .sort((a, b) => b.weight - a.weight);
  compiledRoutes.set(model, routes);
  return routes;
}

function compileRoute(operation: Operation, http: HttpBinding, model: ServiceModel): Route {
  const [path = "", search = ""] = http.uri.split("?");
  const labels: string[] = [];
  const pattern = path.replace(/\/$/, "").replace(/\{([^}]+)\}/g, (_, label: string) => {
    labels.push(label.replace("+", ""));
    return label.endsWith("+") ? "(.+)" : "([^/]+)";
  });
  const fixed = [...new URLSearchParams(search)];
  const id = fixed.find(([name]) => name === "x-id")?.[1];
  const query = fixed
    .filter(([name]) => name !== "x-id")
    .map(([name, value]) => [name, value || undefined] as const);
  // Not every SDK sends `x-id`; S3 operations that differ in nothing else differ in what they need.
  const marks = id === undefined ? [] : operation.input.members.filter(isMark);
  return {
    operation,
    method: http.method,
    pattern: new RegExp(`^${pattern}/?$`),
    labels,
    needsBucket: model.isS3 && operation.input.members.some((member) => member.name === "Bucket"),
    query,
    marks,
    id,
    weight: 1_000 * (query.length + marks.length) + path.replace(/\{[^}]+\}/g, "").length,
  };
}

function isMark(member: Member): boolean {
  return member.required && (member.location === "query" || member.location === "header");
}

function matchRoute(request: WireRequest, model: ServiceModel): Match | undefined {
  const { bucket, path } = splitBucket(request.path, model);
  for (const route of routesOf(model)) {
    if (route.method !== request.method || route.needsBucket !== (bucket !== undefined)) continue;
    const found = route.pattern.exec(path);
    if (found === null || !asksFor(route, request)) continue;
    const labels = Object.fromEntries(
      route.labels.map((label, index) => [label, decodeLabel(found[index + 1] ?? "")]),
    );
    return { route, labels: bucket === undefined ? labels : { ...labels, Bucket: bucket } };
  }
  return undefined;
}

function asksFor(route: Route, request: WireRequest): boolean {
  const id = request.query.get("x-id");
  if (id !== null && route.id !== undefined && id !== route.id) return false;
  const hasQuery = route.query.every(([name, value]) =>
    value === undefined ? request.query.has(name) : request.query.get(name) === value,
  );
  return hasQuery && route.marks.every((mark) => textOfBinding(mark, request) !== undefined);
}

function splitBucket(path: string, model: ServiceModel): { bucket?: string; path: string } {
  if (!model.isS3) return { path };
  const end = path.indexOf("/", 1);
  const bucket = decodeLabel(end === -1 ? path.slice(1) : path.slice(1, end));
  return bucket === "" ? { path } : { bucket, path: end === -1 ? "/" : path.slice(end) };
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed(`${JSON.stringify(text)} is not percent-encoded`);
  }
}

function readBinding(
  member: Member,
  request: WireRequest,
  labels: Readonly<Record<string, string>>,
): unknown {
  switch (member.location) {
    case "label":
      return fromText(member, labels[member.name]);
    case "query":
      return member.shape.kind === "list" && request.query.has(member.locationName)
        ? request.query.getAll(member.locationName)
        : fromText(member, textOfBinding(member, request));
    case "header":
      return fromText(member, textOfBinding(member, request));
    case "prefix-headers":
      return prefixed(request.headers, member.locationName);
    case "body":
    case "payload":
      return undefined;
    default:
      return member.location satisfies never;
  }
}

function textOfBinding(member: Member, request: WireRequest): string | undefined {
  if (member.location === "query") return request.query.get(member.locationName) ?? undefined;
  const header = request.headers[member.locationName];
  return Array.isArray(header) ? header.join(",") : header;
}

function fromText(member: Member, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  if (member.shape.kind === "list") return text.split(",").map((item) => item.trim());
  return scalarFromText(scalarOf(member), text);
}

function prefixed(headers: IncomingHttpHeaders, prefix: string): WireObject | undefined {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

function scalarOf(member: Member): ScalarShape {
  const { shape } = member;
  if (shape.kind !== "scalar") throw malformed(`${member.name} must be a single value`);
  return shape;
}

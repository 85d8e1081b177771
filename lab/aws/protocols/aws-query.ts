//! AWS Query: RDS and STS. A form body with dotted names in, XML out.

import type { Operation, ServiceModel } from "../model.ts";
import type { ListShape, MapShape, Member, Shape, StructureShape } from "../shapes.ts";
import type { Protocol, WireContext, WireFailure, WireObject } from "./protocol.ts";
import type { WireRequest, WireResponse } from "./protocol.ts";
import { errorMembers } from "./rest-xml.ts";
import { scalarFromText } from "./scalars.ts";
import { escapeXml, structureToXml } from "./xml.ts";

export const awsQuery: Protocol = { route, read, write, writeError };

function route(request: WireRequest, model: ServiceModel): Operation | undefined {
  return model.operations.get(formOf(request).get("Action") ?? "");
}

function read(request: WireRequest, operation: Operation): WireObject {
  return structureFromForm(operation.input, treeOf(formOf(request)));
}

function write(answer: WireObject, operation: Operation, wire: WireContext): WireResponse {
  const { output, name } = operation;
  const result = output.members.length === 0 ? "" : structureToXml(output, answer, `${name}Result`);
  const metadata = `<ResponseMetadata><RequestId>${wire.requestId}</RequestId></ResponseMetadata>`;
  const opening = `<${name}Response xmlns="${wire.model.xmlNamespace}">`;
  return {
    status: 200,
    headers: { "content-type": "text/xml" },
    body: `${opening}${result}${metadata}</${name}Response>`,
  };
}

function writeError(failure: WireFailure, wire: WireContext): WireResponse {
  const { error, model, status } = failure;
  const type = `<Type>${status >= 500 ? "Receiver" : "Sender"}</Type>`;
  const code = `<Code>${escapeXml(model?.queryCode ?? error.code)}</Code>`;
  const message = `<Message>${escapeXml(error.message)}</Message>`;
  return {
    status,
    headers: { "content-type": "text/xml" },
    body:
      `<ErrorResponse xmlns="${wire.model.xmlNamespace}">` +
      `<Error>${type}${code}${message}${errorMembers(failure)}</Error>` +
      `<RequestId>${wire.requestId}</RequestId></ErrorResponse>`,
  };
}

function formOf({ body, query }: WireRequest): URLSearchParams {
  return body.length === 0 ? query : new URLSearchParams(body.toString("utf8"));
}

/** `A.B.1=x` as nested maps; a node may have text, children, or both. */
interface FormNode {
  text: string | undefined;
  readonly children: Map<string, FormNode>;
}

/** Deeper names are no request of any service here. */
const nameDepthMax = 16;

function treeOf(form: URLSearchParams): FormNode {
  const root: FormNode = { text: undefined, children: new Map() };
  for (const [name, text] of form) {
    let node = root;
    for (const part of name.split(".", nameDepthMax)) {
      const child: FormNode = node.children.get(part) ?? { text: undefined, children: new Map() };
      node.children.set(part, child);
      node = child;
    }
    node.text = text;
  }
  return root;
}

function structureFromForm(shape: StructureShape, node: FormNode): WireObject {
  const value: Record<string, unknown> = {};
  for (const member of shape.members) {
    const child = node.children.get(member.xmlName);
    if (child !== undefined) value[member.name] = fromForm(member.shape, child, member);
  }
  return value;
}

function fromForm(shape: Shape, node: FormNode, member?: Member): unknown {
  switch (shape.kind) {
    case "structure":
      return structureFromForm(shape, node);
    case "list":
      return listFromForm(shape, node, member?.flattened ?? false);
    case "map":
      return mapFromForm(shape, node, member?.flattened ?? false);
    case "scalar":
      return scalarFromText(shape, node.text ?? "");
    default:
      return shape satisfies never;
  }
}

function listFromForm(shape: ListShape, node: FormNode, flattened: boolean): readonly unknown[] {
  const list = flattened
    ? node
    : (node.children.get(shape.itemName) ?? node.children.get("member"));
  return numbered(list).map((item) => fromForm(shape.item, item));
}

function mapFromForm(shape: MapShape, node: FormNode, flattened: boolean): WireObject {
  const entries = numbered(flattened ? node : node.children.get("entry")).map((entry) => {
    const value = entry.children.get(shape.valueName);
    const read = value === undefined ? undefined : fromForm(shape.value, value);
    return [entry.children.get(shape.keyName)?.text ?? "", read] as const;
  });
  return Object.fromEntries(entries);
}

/** Children named 1, 2, 3 … in that order, up to the first that is missing. */
function numbered(node: FormNode | undefined): readonly FormNode[] {
  const found: FormNode[] = [];
  for (let index = 1; ; index++) {
    const child = node?.children.get(String(index));
    if (child === undefined) return found;
    found.push(child);
  }
}

//! Goal: conditions and updates mean what they mean in DynamoDB, and malformed ones are refused in
//! its words. Method: tables of expressions over one item.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { addNumbers, compareNumbers, normaliseNumber } from "../../lab/aws/dynamodb/decimal.ts";
import {
  applyUpdate,
  assertCondition,
  assertUpdate,
  bind,
  meets,
} from "../../lab/aws/expressions.ts";
import { parseCondition, parseUpdate } from "../../lab/aws/expressions.ts";

const item: Record<string, AttributeValue> = {
  pk: { S: "group" },
  sk: { S: "lease" },
  epoch: { N: "7" },
  holder: { S: "east" },
  live: { BOOL: true },
  gone: { NULL: true },
  tags: { SS: ["a", "b"] },
  ports: { NS: ["1", "2"] },
  blob1: { B: Buffer.from("abc") },
  steps: { L: [{ S: "first" }, { N: "2" }] },
  outline: { M: { id: { S: "p1" }, deep: { M: { n: { N: "1" } } } } },
};

type Values = Record<string, AttributeValue>;

function judge(text: string, values?: Values, names?: Record<string, string>): boolean {
  const kind = "ConditionExpression";
  const parsed = parseCondition(kind, text);
  const input = { ExpressionAttributeValues: values, ExpressionAttributeNames: names };
  const bindings = bind(input, [{ kind, parsed }]);
  assertCondition(parsed.tree, { kind, item: {}, bindings });
  return meets(parsed.tree, { kind, item, bindings });
}

function change(text: string, values?: Values, names?: Record<string, string>) {
  const kind = "UpdateExpression";
  const parsed = parseUpdate(kind, text);
  const input = { ExpressionAttributeValues: values, ExpressionAttributeNames: names };
  const bindings = bind(input, [{ kind, parsed }]);
  assertUpdate(parsed.tree, bindings, ["pk", "sk"]);
  return applyUpdate(parsed.tree, item, bindings);
}

const v = (value: AttributeValue): Values => ({ ":v": value });

test.each<[string, Values | undefined, boolean]>([
  ["epoch = :v", v({ N: "7.0" }), true],
  ["epoch = :v", v({ S: "7" }), false],
  ["epoch <> :v", v({ N: "8" }), true],
  ["absent <> :v", v({ N: "8" }), false],
  ["epoch < :v", v({ N: "10" }), true],
  ["epoch > :v", v({ N: "-1e2" }), true],
  ["epoch <= :v", v({ N: "7" }), true],
  ["epoch >= :v", v({ N: "7.5" }), false],
  ["holder < :v", v({ N: "1" }), false],
  ["holder >= :v", v({ S: "easT" }), true],
  [":v = epoch", v({ N: "7" }), true],
  ["epoch = epoch", undefined, true],
  ["live = :v", v({ BOOL: true }), true],
  ["gone = :v", v({ NULL: true }), true],
  ["tags = :v", v({ SS: ["b", "a"] }), true],
  ["blob1 = :v", v({ B: Buffer.from("abc") }), true],
  ["outline = :v", v({ M: { deep: { M: { n: { N: "1.00" } } }, id: { S: "p1" } } }), true],
  ["steps = :v", v({ L: [{ S: "first" }] }), false],
  ["attribute_exists(epoch)", undefined, true],
  ["attribute_exists(outline.deep.n)", undefined, true],
  ["attribute_exists(outline.deep.x)", undefined, false],
  ["attribute_exists(steps[1])", undefined, true],
  ["attribute_exists(steps[2])", undefined, false],
  ["attribute_not_exists(epoch)", undefined, false],
  ["attribute_not_exists(toString)", undefined, true],
  ["attribute_type(outline, :v)", v({ S: "M" }), true],
  ["attribute_type(epoch, :v)", v({ S: "S" }), false],
  ["begins_with(holder, :v)", v({ S: "ea" }), true],
  ["begins_with(epoch, :v)", v({ S: "7" }), false],
  ["begins_with(blob1, :v)", v({ B: Buffer.from("ab") }), true],
  ["contains(holder, :v)", v({ S: "as" }), true],
  ["contains(tags, :v)", v({ S: "a" }), true],
  ["contains(tags, :v)", v({ N: "1" }), false],
  ["contains(ports, :v)", v({ N: "2.0" }), true],
  ["contains(steps, :v)", v({ N: "2" }), true],
  ["contains(steps, :v)", v({ S: "2" }), false],
  ["size(holder) = :v", v({ N: "4" }), true],
  ["size(steps) < :v", v({ N: "3" }), true],
  ["size(outline) = :v", v({ N: "2" }), true],
  ["size(epoch) = :v", v({ N: "1" }), false],
  ["epoch BETWEEN :v AND :v", v({ N: "7" }), true],
  ["epoch in (:v, holder)", v({ N: "1" }), false],
  ["epoch IN (:v, epoch)", v({ N: "1" }), true],
  ["NOT epoch = :v", v({ N: "1" }), true],
  ["not (epoch = :v or attribute_exists(pk))", v({ N: "1" }), false],
  // OR binds less than AND: a OR (b AND c).
  ["attribute_exists(pk) OR attribute_exists(x) AND attribute_exists(y)", undefined, true],
  ["attribute_exists(x) AND attribute_exists(y) OR attribute_exists(pk)", undefined, true],
  ["(attribute_exists(pk) OR attribute_exists(x)) AND attribute_exists(y)", undefined, false],
  ["NOT attribute_exists(x) AND attribute_exists(pk)", undefined, true],
])("condition %s is judged as DynamoDB does (row %#)", (text, values, expected) => {
  expect(judge(text, values)).toBe(expected);
});

test("names stand for any attribute, also for parts of a path", () => {
  const names = { "#p": "outline", "#i": "id" };
  expect(judge("#p.#i = :v", v({ S: "p1" }), names)).toBe(true);
});

test.each<[string, Values | undefined, string]>([
  ["", undefined, "The expression can not be empty;"],
  ["epoch = ", undefined, 'Syntax error; token: "<EOF>", near: "epoch ="'],
  ["epoch == :v", v({ N: "1" }), 'Syntax error; token: "="'],
  ["epoch = :v )", v({ N: "1" }), 'Syntax error; token: ")"'],
  ["(epoch = :v", v({ N: "1" }), 'Syntax error; token: "<EOF>"'],
  ["epoch = :v AND", v({ N: "1" }), 'Syntax error; token: "<EOF>"'],
  ["epoch = :v AND AND holder = :v", v({ N: "1" }), "reserved keyword: AND"],
  ["epoch ! :v", v({ N: "1" }), 'Syntax error; token: "!"'],
  ["epoch IN :v", v({ N: "1" }), 'Syntax error; token: ":v"'],
  ["epoch IN ()", undefined, 'Syntax error; token: ")"'],
  ["epoch BETWEEN :v", v({ N: "1" }), 'Syntax error; token: "<EOF>"'],
  ["epoch", undefined, 'Syntax error; token: "<EOF>"'],
  ["a[x] = :v", v({ N: "1" }), 'Syntax error; token: "x"'],
  ["region = :v", v({ S: "x" }), "Attribute name is a reserved keyword; reserved keyword: region"],
  ["outline.owner = :v", v({ S: "x" }), "reserved keyword: owner"],
  ["epoch = :w", v({ N: "1" }), "value used in expression is not defined; attribute value: :w"],
  ["#e = :v", v({ N: "1" }), "name used in the document path is not defined; attribute name: #e"],
  ["exists(epoch)", undefined, "Invalid function name; function: exists"],
  ["size(epoch)", undefined, "Syntax error"],
  ["begins_with(holder)", undefined, "operator or function: begins_with, number of operands: 1"],
  ["attribute_exists(:v)", v({ S: "x" }), "requires a document path"],
  ["begins_with(holder, :v)", v({ N: "1" }), "function: begins_with, operand type: N"],
  ["attribute_type(holder, :v)", v({ S: "X" }), "Invalid attribute type name found; type: X"],
  ["contains(begins_with(a, :v), :v)", v({ S: "x" }), "not allowed to be used this way"],
  [`${"(".repeat(200)}epoch = :v${")".repeat(200)}`, v({ N: "1" }), "too many nested parentheses"],
  [`epoch = :v ${" OR epoch = :v".repeat(400)}`, v({ N: "1" }), "Expression size has exceeded"],
])("condition %s is refused (row %#)", (text, values, message) => {
  expect(() => judge(text, values)).toThrow(message);
  expect(() => judge(text, values)).toThrow(
    expect.objectContaining({ code: "ValidationException" }),
  );
});

test("bounds in the wrong order are refused", () => {
  const values = { ":a": { N: "2" }, ":b": { N: "1" } };
  expect(() => judge("epoch BETWEEN :a AND :b", values)).toThrow(
    "upper bound to be greater than or equal to lower bound",
  );
});

test("placeholders that nothing uses are refused", () => {
  expect(() => judge("attribute_exists(pk)", v({ N: "1" }))).toThrow(
    "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
  );
  expect(() => judge("attribute_exists(pk)", undefined, { "#n": "x" })).toThrow(
    "Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}",
  );
  expect(() => judge("epoch = :v", { ":v": { N: "1" }, v: { N: "1" } })).toThrow(
    'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"',
  );
});

test.each<[string, Values | undefined, Record<string, AttributeValue | undefined>]>([
  ["SET epoch = epoch + :v", v({ N: "1" }), { epoch: { N: "8" } }],
  [
    "set epoch = :v - epoch, holder = :v",
    v({ N: "1" }),
    { epoch: { N: "-6" }, holder: { N: "1" } },
  ],
  ["SET epoch = :v, holder = epoch", v({ N: "1" }), { epoch: { N: "1" }, holder: { N: "7" } }],
  ["SET fresh = if_not_exists(fresh, :v)", v({ S: "x" }), { fresh: { S: "x" } }],
  ["SET epoch = if_not_exists(epoch, :v)", v({ N: "0" }), { epoch: { N: "7" } }],
  ["SET n = if_not_exists(n, :v) + :v", v({ N: "1" }), { n: { N: "2" } }],
  [
    "SET steps = list_append(steps, :v)",
    v({ L: [{ S: "last" }] }),
    { steps: { L: [{ S: "first" }, { N: "2" }, { S: "last" }] } },
  ],
  ["SET steps[0] = :v", v({ S: "new" }), { steps: { L: [{ S: "new" }, { N: "2" }] } }],
  [
    "SET steps[9] = :v",
    v({ S: "end" }),
    { steps: { L: [{ S: "first" }, { N: "2" }, { S: "end" }] } },
  ],
  [
    "SET outline.deep.n = :v",
    v({ N: "5" }),
    { outline: { M: { id: { S: "p1" }, deep: { M: { n: { N: "5" } } } } } },
  ],
  [
    "REMOVE holder, outline.deep",
    undefined,
    { holder: undefined, outline: { M: { id: { S: "p1" } } } },
  ],
  ["REMOVE steps[0], steps[1]", undefined, { steps: { L: [] } }],
  ["REMOVE neverThere", undefined, { epoch: { N: "7" } }],
  ["ADD epoch :v", v({ N: "-10" }), { epoch: { N: "-3" } }],
  ["ADD fresh :v", v({ N: "3" }), { fresh: { N: "3" } }],
  ["ADD tags :v", v({ SS: ["b", "c"] }), { tags: { SS: ["a", "b", "c"] } }],
  ["DELETE tags :v", v({ SS: ["b", "x"] }), { tags: { SS: ["a"] } }],
  ["DELETE tags :v", v({ SS: ["a", "b"] }), { tags: undefined }],
  ["REMOVE gone SET live = :v ADD epoch :v", v({ N: "1" }), { gone: undefined, epoch: { N: "8" } }],
])("update %s makes what DynamoDB makes (row %#)", (text, values, expected) => {
  const before = structuredClone(item);
  const after = change(text, values);
  for (const [name, value] of Object.entries(expected)) expect(after[name]).toEqual(value);
  expect(item).toEqual(before);
});

test.each<[string, Values | undefined, string]>([
  ["", undefined, "The expression can not be empty;"],
  ["epoch = :v", v({ N: "1" }), 'Syntax error; token: "epoch"'],
  ["SET epoch :v", v({ N: "1" }), 'Syntax error; token: ":v"'],
  ["SET epoch = :v + ", v({ N: "1" }), "Syntax error"],
  ["SET epoch = :v SET holder = :v", v({ N: "1" }), 'The "SET" section can only be used once'],
  ["SET epoch = :v REMOVE epoch", v({ N: "1" }), "Two document paths overlap with each other"],
  [
    "SET outline = :v, outline.id = :v",
    v({ N: "1" }),
    "path one: [outline], path two: [outline, id]",
  ],
  ["SET pk = :v", v({ S: "x" }), "Cannot update attribute pk. This attribute is part of the key"],
  ["SET epoch = absent + :v", v({ N: "1" }), "refers to an attribute that does not exist"],
  [
    "SET epoch = holder + :v",
    v({ N: "1" }),
    "operand in the update expression has an incorrect data",
  ],
  ["SET epoch = epoch + :v", v({ S: "1" }), "operator or function: +, operand type: S"],
  ["SET steps = list_append(steps, :v)", v({ S: "x" }), "function: list_append, operand type: S"],
  ["SET a = if_not_exists(:v, :v)", v({ S: "x" }), "requires a document path"],
  ["SET a = list_append(steps)", undefined, "function: list_append, number of operands: 1"],
  ["SET a = nonsense(steps)", undefined, "Invalid function name; function: nonsense"],
  [
    "SET nowhere.x = :v",
    v({ S: "x" }),
    "document path provided in the update expression is invalid",
  ],
  [
    "SET holder.x = :v",
    v({ S: "x" }),
    "document path provided in the update expression is invalid",
  ],
  ["SET status = :v", v({ S: "x" }), "reserved keyword: status"],
  ["ADD holder :v", v({ N: "1" }), "incorrect data type"],
  ["ADD epoch :v", v({ S: "x" }), "operator or function: ADD, operand type: S"],
  ["DELETE epoch :v", v({ N: "1" }), "operator or function: DELETE, operand type: N"],
  ["SET epoch = :v", v({ N: "abc" }), "cannot be converted to a numeric value: abc"],
  ["SET epoch = :v", v({ SS: [] }), "An string set  may not be empty"],
  ["SET epoch = :v", v({ NS: ["1", "1.0"] }), "contains duplicates"],
  ["SET epoch = :v", { ":v": {} as never }, "Supplied AttributeValue is empty"],
  ["SET epoch = :v", { ":v": { S: "a", N: "1" } as never }, "more than one datatypes set"],
])("update %s is refused (row %#)", (text, values, message) => {
  expect(() => change(text, values)).toThrow(message);
});

test.each([
  ["007", "7"],
  ["-0.0", "0"],
  ["1.500", "1.5"],
  ["1e3", "1000"],
  ["12.5E-3", "0.0125"],
  [".5", "0.5"],
  ["-100", "-100"],
])("number %s is returned as %s", (given, expected) => {
  expect(normaliseNumber(given)).toBe(expected);
});

test("numbers are exact where JavaScript is not", () => {
  expect(addNumbers("9007199254740993", "0.1")).toBe("9007199254740993.1");
  expect(addNumbers("0.1", "0.2")).toBe("0.3");
  expect(compareNumbers("9007199254740993", "9007199254740992")).toBe(1);
  expect(compareNumbers("1e2", "100.0")).toBe(0);
  expect(() => normaliseNumber("1".repeat(39))).toThrow("38 significant digits");
  expect(() => normaliseNumber("1e200")).toThrow("Number overflow");
  for (const text of ["", "1,5", "0x1", "1e", "--1", "1e99999"]) {
    expect(() => normaliseNumber(text)).toThrow("numeric value");
  }
});

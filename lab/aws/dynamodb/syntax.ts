//! Syntax trees of DynamoDB expressions. Placeholders stay unresolved, so that a tree can be kept
//! and used for every request with the same text.

/** `a.#b[2]`: names, placeholders for names, and list indexes. */
export type Path = readonly PathStep[];

export type PathStep =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "placeholder"; readonly name: string }
  | { readonly kind: "index"; readonly index: number };

export type Operand =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "value"; readonly name: string }
  | { readonly kind: "size"; readonly of: Operand };

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

export type ConditionFunction =
  "attribute_exists" | "attribute_not_exists" | "attribute_type" | "begins_with" | "contains";

export type Condition =
  | { readonly kind: "or" | "and"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly inner: Condition }
  | {
      readonly kind: "compare";
      readonly comparator: Comparator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | {
      readonly kind: "between";
      readonly operand: Operand;
      readonly lower: Operand;
      readonly upper: Operand;
    }
  | { readonly kind: "in"; readonly operand: Operand; readonly options: readonly Operand[] }
  | {
      readonly kind: "function";
      readonly name: ConditionFunction;
      readonly operands: readonly Operand[];
    };

/** What may stand on the right of SET. */
export type SetValue =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "value"; readonly name: string }
  | { readonly kind: "if_not_exists"; readonly path: Path; readonly otherwise: SetValue }
  | { readonly kind: "list_append"; readonly left: SetValue; readonly right: SetValue }
  | {
      readonly kind: "arithmetic";
      readonly operator: "+" | "-";
      readonly left: SetValue;
      readonly right: SetValue;
    };

export type UpdateAction =
  | { readonly kind: "SET"; readonly path: Path; readonly value: SetValue }
  | { readonly kind: "REMOVE"; readonly path: Path }
  | { readonly kind: "ADD" | "DELETE"; readonly path: Path; readonly value: string };

export interface Parsed<Tree> {
  readonly tree: Tree;
  /** Placeholders the expression uses, with their `#` and `:`. */
  readonly names: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
}

//! Which tables a database has, as far as a salvage compares them: ordinary and partitioned ones (not
//! each partition) of every schema but PostgreSQL's own and `switchback`; no temporary ones.

import * as z from "zod";
import type { Session } from "./session.ts";
import { parentsFirst, type Table } from "./table.ts";

const names = z.array(z.string());

const table = z.object({
  schema: z.string(),
  name: z.string(),
  partitioned: z.boolean(),
  unlogged: z.boolean(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      generated: z.boolean(),
      identity: z.enum(["always", "by default", "none"]),
      numbered: z.boolean(),
      sequence: z.string().nullable(),
    }),
  ),
  keys: z.array(
    z.object({
      primary: z.boolean(),
      columns: z.array(z.object({ name: z.string(), type: z.string(), equals: z.string() })),
    }),
  ),
  references: z.array(
    z.object({
      columns: names,
      parent: z.object({ schema: z.string(), name: z.string() }),
      parentColumns: names,
    }),
  ),
});

const columnsOf = `
  select json_agg(json_build_object(
    'name', a.attname,
    'type', format_type(a.atttypid, a.atttypmod),
    'generated', a.attgenerated <> '',
    'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' else 'none' end,
    'numbered', a.attidentity <> ''
                or coalesce(pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\\(', false),
    'sequence', pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname)
  ) order by a.attnum)
  from pg_attribute a
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum and a.attgenerated = ''
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

/** Strategy 3 of a B-tree is equality (PostgreSQL documentation, "B-Tree Support Functions"). */
const equalityOf = `
  select format('operator(%I.%s)', ns.nspname, o.oprname)
  from pg_opclass oc
  join pg_amop ao on ao.amopfamily = oc.opcfamily and ao.amopstrategy = 3
    and ao.amoplefttype = oc.opcintype and ao.amoprighttype = oc.opcintype
  join pg_operator o on o.oid = ao.amopopr
  join pg_namespace ns on ns.oid = o.oprnamespace
  where oc.oid = i.indclass[k.nth - 1]`;

const keysOf = `
  select json_agg(json_build_object('primary', i.indisprimary, 'columns', key.columns)
                  order by i.indisprimary desc, i.indnkeyatts, ic.relname)
  from pg_index i
  join pg_class ic on ic.oid = i.indexrelid
  join pg_am am on am.oid = ic.relam and am.amname = 'btree'
  cross join lateral (
    select bool_and(a.attnotnull) as complete,
           json_agg(json_build_object(
             'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
             'equals', (${equalityOf})) order by k.nth) as columns
    from unnest(i.indkey::smallint[]) with ordinality as k (attnum, nth)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
    where k.nth <= i.indnkeyatts
  ) as key
  where i.indrelid = c.oid and i.indisunique and i.indisvalid
    and i.indpred is null and i.indexprs is null and key.complete`;

const columnNames = (relation: string, numbers: string) => `
  (select json_agg(a.attname order by k.nth)
   from unnest(${numbers}) with ordinality as k (attnum, nth)
   join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.attnum)`;

const referencesOf = `
  select json_agg(json_build_object(
    'columns', ${columnNames("f.conrelid", "f.conkey")},
    'parent', json_build_object('schema', pn.nspname, 'name', p.relname),
    'parentColumns', ${columnNames("f.confrelid", "f.confkey")}
  ) order by f.conname)
  from pg_constraint f
  join pg_class p on p.oid = f.confrelid and not p.relispartition
  join pg_namespace pn on pn.oid = p.relnamespace
  where f.contype = 'f' and f.conrelid = c.oid`;

const tablesQuery = `
  select json_build_object(
    'schema', n.nspname,
    'name', c.relname,
    'partitioned', c.relkind = 'p',
    'unlogged', c.relpersistence = 'u',
    'columns', coalesce((${columnsOf}), '[]'),
    'keys', coalesce((${keysOf}), '[]'),
    'references', coalesce((${referencesOf}), '[]'))
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
    and n.nspname not in ('information_schema', 'switchback') and n.nspname !~ '^pg_'
  order by n.nspname, c.relname`;

export async function readTables(session: Session): Promise<readonly Table[]> {
  const rows = await session.query(tablesQuery);
  return parentsFirst(rows.map(([text]) => table.parse(JSON.parse(text ?? ""))));
}

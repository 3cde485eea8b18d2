//! The text of DuckLake's views: each says in SQL how a table of DuckLake's follows from ours.
//!
//! Apart from what is generated from the model, so that they can be read side by side with
//! DuckLake's own description of its tables.

/// Views over the tables of the catalog. A table's id is its environment's times 16 plus its
/// signal's number; 0 is that of the table of datasets.
pub(super) const VIEWS: [(&str, &str); 12] = [
    (
        "ducklake_metadata",
        r#"SELECT 'version' AS "key", '1.0' AS "value", CAST(NULL AS TEXT) AS "scope",
             CAST(NULL AS BIGINT) AS "scope_id"
           UNION ALL SELECT 'created_by' AS "key", 'trackway' AS "value",
             CAST(NULL AS TEXT) AS "scope", CAST(NULL AS BIGINT) AS "scope_id"
           UNION ALL SELECT 'encrypted' AS "key", 'false' AS "value",
             CAST(NULL AS TEXT) AS "scope", CAST(NULL AS BIGINT) AS "scope_id"
           UNION ALL SELECT "name" AS "key", "value" AS "value",
             CAST(NULL AS TEXT) AS "scope", CAST(NULL AS BIGINT) AS "scope_id"
             FROM "meta" WHERE "name" = 'data_path'"#,
    ),
    (
        "ducklake_snapshot",
        // Statistics are kept by `next_file_id`, columns by `schema_version`: the first has to
        // change with every version, the second only when columns do.
        r#"SELECT 0 AS "snapshot_id", '1970-01-01 00:00:00.000000+00' AS "snapshot_time",
             0 AS "schema_version", 0 AS "next_catalog_id", 0 AS "next_file_id"
           UNION ALL SELECT "id" AS "snapshot_id", "time_text" AS "snapshot_time",
             "schema_version" AS "schema_version", 0 AS "next_catalog_id",
             "id" AS "next_file_id" FROM "version""#,
    ),
    (
        "lake_environment",
        r#"SELECT "id" AS "id", CASE WHEN "id" = 1 THEN 'main' ELSE "name" END AS "name"
           FROM "environment""#,
    ),
    (
        "ducklake_schema",
        r#"SELECT "id" AS "schema_id",
             '00000000-0000-4000-8000-' || substr('000000000000' || "id", -12) AS "schema_uuid",
             0 AS "begin_snapshot", CAST(NULL AS BIGINT) AS "end_snapshot",
             CASE WHEN row_number() OVER (PARTITION BY lower("name") ORDER BY "id") = 1
               THEN "name" ELSE "name" || '#' || "id" END AS "schema_name",
             '' AS "path", 1 AS "path_is_relative" FROM "lake_environment""#,
    ),
    (
        "ducklake_table",
        r#"SELECT "e"."id" * 16 + "s"."code" AS "table_id", '00000000-0000-4000-9000-'
               || substr('000000000000' || ("e"."id" * 16 + "s"."code"), -12) AS "table_uuid",
             0 AS "begin_snapshot", CAST(NULL AS BIGINT) AS "end_snapshot",
             "e"."id" AS "schema_id", "s"."name" AS "table_name", '' AS "path",
             1 AS "path_is_relative" FROM "environment" AS "e" CROSS JOIN "lake_signal" AS "s"
           UNION ALL SELECT 0 AS "table_id",
             '00000000-0000-4000-9000-000000000000' AS "table_uuid", 0 AS "begin_snapshot",
             CAST(NULL AS BIGINT) AS "end_snapshot", 1 AS "schema_id",
             'datasets' AS "table_name", '' AS "path", 1 AS "path_is_relative""#,
    ),
    (
        "ducklake_data_file",
        r#"SELECT "number" AS "data_file_id", "environment" * 16 + "signal" AS "table_id",
             "born_version" AS "begin_snapshot", "dead_version" AS "end_snapshot",
             CAST(NULL AS BIGINT) AS "file_order", "path" AS "path", 1 AS "path_is_relative",
             'parquet' AS "file_format", "row_count" AS "record_count",
             "bytes" AS "file_size_bytes", CAST(NULL AS BIGINT) AS "footer_size",
             "number" * 4294967296 AS "row_id_start", CAST(NULL AS BIGINT) AS "partition_id",
             CAST(NULL AS TEXT) AS "encryption_key", CAST(NULL AS BIGINT) AS "mapping_id",
             CAST(NULL AS BIGINT) AS "partial_max" FROM "segment""#,
    ),
    (
        "ducklake_file_column_stats",
        // By time and dataset files are left out unread. Of other columns nothing is claimed.
        r#"SELECT "number" AS "data_file_id", "environment" * 16 + "signal" AS "table_id",
             1 AS "column_id", CAST(NULL AS BIGINT) AS "column_size_bytes",
             "row_count" AS "value_count", 0 AS "null_count", "time_min_text" AS "min_value",
             "time_max_text" AS "max_value", CAST(NULL AS BIGINT) AS "contains_nan",
             CAST(NULL AS TEXT) AS "extra_stats" FROM "segment"
           UNION ALL SELECT "s"."number" AS "data_file_id",
             "s"."environment" * 16 + "s"."signal" AS "table_id", 2 AS "column_id",
             CAST(NULL AS BIGINT) AS "column_size_bytes", "s"."row_count" AS "value_count",
             0 AS "null_count", CAST(min("d"."dataset") AS TEXT) AS "min_value",
             CAST(max("d"."dataset") AS TEXT) AS "max_value",
             CAST(NULL AS BIGINT) AS "contains_nan", CAST(NULL AS TEXT) AS "extra_stats"
             FROM "segment" AS "s" JOIN "segment_dataset" AS "d" ON "d"."segment" = "s"."number"
             GROUP BY "s"."number", "s"."environment", "s"."signal", "s"."row_count""#,
    ),
    (
        "lake_column",
        r#"SELECT "e"."id" * 16 + "b"."signal" AS "table_id", "b"."id" AS "id",
             "b"."name" AS "name", "b"."type" AS "type", 0 AS "born_version"
             FROM "environment" AS "e" CROSS JOIN "lake_base" AS "b"
           UNION ALL SELECT "a"."environment" * 16 + "a"."signal" AS "table_id",
             "a"."id" AS "id", "a"."column_name" AS "name", "v"."type" AS "type",
             "a"."born_version" AS "born_version"
             FROM "attribute" AS "a" JOIN "lake_value" AS "v" ON "v"."code" = "a"."value_type""#,
    ),
    (
        "ducklake_column",
        // Two names that differ in case alone are one name to SQL: the later gets its id behind.
        r#"SELECT "id" AS "column_id", "born_version" AS "begin_snapshot",
             CAST(NULL AS BIGINT) AS "end_snapshot", "table_id" AS "table_id",
             "id" AS "column_order", CASE WHEN "name" <> '' AND
               row_number() OVER (PARTITION BY "table_id", lower("name") ORDER BY "id") = 1
               THEN "name" ELSE "name" || '#' || "id" END AS "column_name",
             "type" AS "column_type", CAST(NULL AS TEXT) AS "initial_default",
             'NULL' AS "default_value", 1 AS "nulls_allowed",
             CAST(NULL AS BIGINT) AS "parent_column", 'literal' AS "default_value_type",
             'duckdb' AS "default_value_dialect" FROM "lake_column"
           UNION ALL SELECT "id" AS "column_id", 0 AS "begin_snapshot",
             CAST(NULL AS BIGINT) AS "end_snapshot", 0 AS "table_id", "id" AS "column_order",
             "name" AS "column_name", "type" AS "column_type",
             CAST(NULL AS TEXT) AS "initial_default", 'NULL' AS "default_value",
             1 AS "nulls_allowed", CAST(NULL AS BIGINT) AS "parent_column",
             'literal' AS "default_value_type", 'duckdb' AS "default_value_dialect"
             FROM "lake_dataset_column""#,
    ),
    (
        "ducklake_table_stats",
        r#"SELECT "environment" * 16 + "signal" AS "table_id", sum("row_count") AS "record_count",
             (max("number") + 1) * 4294967296 AS "next_row_id",
             sum("bytes") AS "file_size_bytes" FROM "segment" WHERE "dead_version" IS NULL
             GROUP BY "environment", "signal"
           UNION ALL SELECT 0 AS "table_id", count(*) AS "record_count",
             coalesce(max("id"), 0) + 1 AS "next_row_id", 0 AS "file_size_bytes"
             FROM "dataset" WHERE "dead_lsn" IS NULL"#,
    ),
    (
        "ducklake_inlined_data_tables",
        r#"SELECT 0 AS "table_id", 'lake_dataset' AS "table_name", 0 AS "schema_version""#,
    ),
    (
        "lake_dataset",
        r#"SELECT "d"."id" AS "row_id", 0 AS "begin_snapshot",
             CAST(NULL AS BIGINT) AS "end_snapshot", "e"."name" AS "environment",
             "d"."id" AS "id", "d"."name" AS "name", "d"."retention_s" AS "retention_s"
             FROM "dataset" AS "d" JOIN "environment" AS "e" ON "e"."id" = "d"."environment"
             WHERE "d"."dead_lsn" IS NULL"#,
    ),
];

/// Tables of DuckLake that have nothing to say here. A name with `:` behind it is that of a number,
/// the others are of text.
pub(super) const EMPTY: [(&str, &str); 19] = [
    (
        "ducklake_snapshot_changes",
        "snapshot_id: changes_made author commit_message commit_extra_info",
    ),
    (
        "ducklake_view",
        "view_id: view_uuid begin_snapshot: end_snapshot: schema_id: view_name dialect sql \
         column_aliases",
    ),
    ("ducklake_tag", "object_id: begin_snapshot: end_snapshot: key value"),
    ("ducklake_column_tag", "table_id: column_id: begin_snapshot: end_snapshot: key value"),
    (
        "ducklake_file_variant_stats",
        "data_file_id: table_id: column_id: variant_path shredded_type column_size_bytes: \
         value_count: null_count: min_value max_value contains_nan: extra_stats",
    ),
    (
        "ducklake_delete_file",
        "delete_file_id: table_id: begin_snapshot: end_snapshot: data_file_id: path \
         path_is_relative: format delete_count: file_size_bytes: footer_size: encryption_key \
         partial_max:",
    ),
    (
        "ducklake_table_column_stats",
        "table_id: column_id: contains_null: contains_nan: min_value max_value extra_stats",
    ),
    ("ducklake_partition_info", "partition_id: table_id: begin_snapshot: end_snapshot:"),
    (
        "ducklake_partition_column",
        "partition_id: table_id: partition_key_index: column_id: transform",
    ),
    (
        "ducklake_file_partition_value",
        "data_file_id: table_id: partition_key_index: partition_value",
    ),
    (
        "ducklake_files_scheduled_for_deletion",
        "data_file_id: path path_is_relative: schedule_start",
    ),
    ("ducklake_column_mapping", "mapping_id: table_id: type"),
    (
        "ducklake_name_mapping",
        "mapping_id: column_id: source_name target_field_id: parent_column: is_partition:",
    ),
    ("ducklake_schema_versions", "begin_snapshot: schema_version: table_id:"),
    ("ducklake_macro", "schema_id: macro_id: macro_name begin_snapshot: end_snapshot:"),
    ("ducklake_macro_impl", "macro_id: impl_id: dialect sql type"),
    (
        "ducklake_macro_parameters",
        "macro_id: impl_id: column_id: parameter_name parameter_type default_value \
         default_value_type",
    ),
    ("ducklake_sort_info", "sort_id: table_id: begin_snapshot: end_snapshot:"),
    (
        "ducklake_sort_expression",
        "sort_id: table_id: sort_key_index: expression dialect sort_direction null_order",
    ),
];

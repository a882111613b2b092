/*
 * The part of Transact-SQL that the stand-in understands: SET and USE, which change nothing here, and SELECT from at
 * most one table with expressions, conditions and an order. Anything else is refused as a server would refuse it.
 */
#ifndef SANDBOX_TDS_SQL_H
#define SANDBOX_TDS_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "sandbox/tds_type.h"

enum { TDS_NAME_SIZE = 129, TDS_STATEMENTS_MAX = 200 };

enum tds_node_kind {
    TDS_NODE_COLUMN,
    TDS_NODE_NUMBER,
    TDS_NODE_TEXT,
    TDS_NODE_NULL,
    TDS_NODE_STAR,    /* all columns */
    TDS_NODE_CALL,    /* name(parts) */
    TDS_NODE_GLOBAL,  /* @@name */
    TDS_NODE_CAST,    /* parts[0] as type */
    TDS_NODE_CASE,    /* condition, value, condition, value, …; `otherwise`: one more value */
    TDS_NODE_COMPARE, /* parts[0] name parts[1] */
    TDS_NODE_IS_NULL,
    TDS_NODE_IN, /* parts[0] in the others */
    TDS_NODE_AND,
    TDS_NODE_OR,
};

struct tds_node {
    enum tds_node_kind kind;
    char name[TDS_NAME_SIZE];
    char *text; /* TDS_NODE_TEXT, UTF-8 */
    int64_t number;
    struct tds_type type;
    bool negated;   /* NOT IN, IS NOT NULL */
    bool otherwise; /* a CASE has an ELSE */
    char *title;    /* AS title; NULL: none */
    bool descending;
    struct tds_node **parts;
    size_t part_count;
};

enum tds_statement_kind { TDS_SET, TDS_USE, TDS_SELECT };

struct tds_statement {
    enum tds_statement_kind kind;
    char name[TDS_NAME_SIZE]; /* TDS_USE: the database; TDS_SELECT: the table with its schema, "" for none */
    struct tds_node **columns;
    size_t column_count;
    struct tds_node *where; /* NULL: all rows */
    struct tds_node **order;
    size_t order_count;
    int64_t top; /* -1: all */
};

struct tds_batch {
    struct tds_statement *statements;
    size_t count;
};

/* FAULT_BAD_INPUT with the place and word that is not understood. */
MUST_CHECK bool tds_batch_parse(const char *text, struct tds_batch *ret, struct fault *fault);
void tds_batch_release(struct tds_batch *batch);

#endif

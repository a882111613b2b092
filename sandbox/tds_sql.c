#include "sandbox/tds_sql.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "sandbox/tds_lexer.h"

enum { DEPTH_MAX = 40, PARTS_MAX = 4096, NUMBER_DIGITS_MAX = 18 };

static bool take_word(struct tds_lexer *lexer, const char *word)
{
    return tds_lexer_is_word(lexer, word) ? tds_lexer_advance(lexer) : tds_lexer_refuse(lexer, word);
}

static bool take_sign(struct tds_lexer *lexer, const char *sign)
{
    return tds_lexer_is_sign(lexer, sign) ? tds_lexer_advance(lexer) : tds_lexer_refuse(lexer, sign);
}

static void destroy(struct tds_node **node)
{
    if (!*node)
        return;
    for (size_t i = 0; i < (*node)->part_count; i++)
        destroy(&(*node)->parts[i]);
    free((*node)->parts);
    free((*node)->text);
    free((*node)->title);
    free(*node);
    *node = NULL;
}

static struct tds_node *new_node(enum tds_node_kind kind)
{
    struct tds_node *node = x_alloc(sizeof *node);

    node->kind = kind;
    return node;
}

static void add_part(struct tds_node *node, struct tds_node *part)
{
    node->parts = x_grow_array(node->parts, node->part_count + 1, sizeof(struct tds_node *));
    node->parts[node->part_count++] = part;
}

static bool copy_name(struct tds_lexer *lexer, char ret[TDS_NAME_SIZE])
{
    size_t length = strlen(ret);
    size_t size = lexer->token.text ? strlen(lexer->token.text) : 0;

    if (size == 0 || (lexer->token.kind != TOKEN_WORD && lexer->token.kind != TOKEN_QUOTED) ||
        length + size >= TDS_NAME_SIZE)
        return tds_lexer_refuse(lexer, "a name");
    memcpy(ret + length, lexer->token.text, size + 1);
    return tds_lexer_advance(lexer);
}

static bool parse_condition(struct tds_lexer *lexer, struct tds_node **ret);
static bool parse_expression(struct tds_lexer *lexer, struct tds_node **ret);

/* Expressions parted by commas, up to and with the closing bracket. */
static bool parse_list(struct tds_lexer *lexer, struct tds_node *node)
{
    if (tds_lexer_is_sign(lexer, ")"))
        return tds_lexer_advance(lexer);
    while (node->part_count < PARTS_MAX) {
        struct tds_node *part = NULL;

        if (tds_lexer_is_sign(lexer, "*")) {
            part = new_node(TDS_NODE_STAR);
            add_part(node, part);
            if (!tds_lexer_advance(lexer))
                return false;
        } else {
            bool good = parse_expression(lexer, &part);

            if (part)
                add_part(node, part);
            if (!good)
                return false;
        }
        if (!tds_lexer_is_sign(lexer, ","))
            return take_sign(lexer, ")");
        if (!tds_lexer_advance(lexer))
            return false;
    }
    return tds_lexer_refuse(lexer, "an end of the list");
}

/* "nvarchar(max)" */
static bool parse_type(struct tds_lexer *lexer, struct tds_type *ret)
{
    const char *start = lexer->token.start;
    const char *end = NULL;

    if (lexer->token.kind != TOKEN_WORD || !tds_lexer_advance(lexer))
        return tds_lexer_refuse(lexer, "a type");
    end = lexer->token.start;
    if (tds_lexer_is_sign(lexer, "(")) {
        while (!tds_lexer_is_sign(lexer, ")"))
            if (lexer->token.kind == TOKEN_END || !tds_lexer_advance(lexer))
                return tds_lexer_refuse(lexer, ")");
        end = lexer->at;
        if (!tds_lexer_advance(lexer))
            return false;
    }
    if (strncasecmp(start, "sysname", 7) == 0)
        return tds_type_parse(slice_of("nvarchar(128)"), ret);
    return tds_type_parse((struct slice){start, (size_t)(end - start)}, ret) || tds_lexer_refuse(lexer, "a known type");
}

static bool parse_cast(struct tds_lexer *lexer, struct tds_node *node)
{
    struct tds_node *part = NULL;
    bool good = tds_lexer_advance(lexer) && take_sign(lexer, "(") && parse_expression(lexer, &part);

    node->kind = TDS_NODE_CAST;
    if (part)
        add_part(node, part);
    return good && take_word(lexer, "AS") && parse_type(lexer, &node->type) && take_sign(lexer, ")");
}

/* CONVERT(type, value[, style]) */
static bool parse_convert(struct tds_lexer *lexer, struct tds_node *node)
{
    node->kind = TDS_NODE_CAST;
    return tds_lexer_advance(lexer) && take_sign(lexer, "(") && parse_type(lexer, &node->type) &&
           take_sign(lexer, ",") && parse_list(lexer, node);
}

static bool parse_case(struct tds_lexer *lexer, struct tds_node *node)
{
    node->kind = TDS_NODE_CASE;
    if (!tds_lexer_advance(lexer))
        return false;
    while (tds_lexer_is_word(lexer, "WHEN") && node->part_count < PARTS_MAX) {
        struct tds_node *condition = NULL;
        struct tds_node *value = NULL;
        bool good = tds_lexer_advance(lexer) && parse_condition(lexer, &condition);

        if (condition)
            add_part(node, condition);
        good = good && take_word(lexer, "THEN") && parse_expression(lexer, &value);
        if (value)
            add_part(node, value);
        if (!good)
            return false;
    }
    if (tds_lexer_is_word(lexer, "ELSE")) {
        struct tds_node *value = NULL;
        bool good = tds_lexer_advance(lexer) && parse_expression(lexer, &value);

        if (value)
            add_part(node, value);
        node->otherwise = true;
        if (!good)
            return false;
    }
    return node->part_count > 0 ? take_word(lexer, "END") : tds_lexer_refuse(lexer, "WHEN");
}

/* A column, with what stands before it left out, or a call. */
static bool parse_named(struct tds_lexer *lexer, struct tds_node *node)
{
    node->kind = TDS_NODE_COLUMN;
    if (!copy_name(lexer, node->name))
        return false;
    if (node->name[0] == '@') {
        node->kind = TDS_NODE_GLOBAL;
        return true;
    }
    while (tds_lexer_is_sign(lexer, ".")) {
        node->name[0] = '\0';
        if (!tds_lexer_advance(lexer) || !copy_name(lexer, node->name))
            return false;
    }
    if (!tds_lexer_is_sign(lexer, "("))
        return true;
    node->kind = TDS_NODE_CALL;
    return tds_lexer_advance(lexer) && parse_list(lexer, node);
}

static bool parse_number(struct tds_lexer *lexer, struct tds_node *node, bool negative)
{
    struct fault ignored = {0};

    node->kind = TDS_NODE_NUMBER;
    if (lexer->token.size > NUMBER_DIGITS_MAX ||
        !number_parse((struct slice){lexer->token.start, lexer->token.size}, 0, INT64_MAX, &node->number, &ignored)) {
        node->kind = TDS_NODE_TEXT; /* a decimal number: compared as it stands */
        node->text = x_strndup(lexer->token.start, lexer->token.size);
    }
    node->number = negative ? -node->number : node->number;
    return tds_lexer_advance(lexer);
}

static bool parse_primary(struct tds_lexer *lexer, struct tds_node *node)
{
    if (tds_lexer_is_sign(lexer, "-") && tds_lexer_advance(lexer) && lexer->token.kind == TOKEN_NUMBER)
        return parse_number(lexer, node, true);
    if (lexer->token.kind == TOKEN_NUMBER)
        return parse_number(lexer, node, false);
    if (lexer->token.kind == TOKEN_TEXT) {
        node->kind = TDS_NODE_TEXT;
        node->text = x_strdup(lexer->token.text);
        return tds_lexer_advance(lexer);
    }
    if (tds_lexer_is_word(lexer, "NULL")) {
        node->kind = TDS_NODE_NULL;
        return tds_lexer_advance(lexer);
    }
    if (tds_lexer_is_word(lexer, "CASE"))
        return parse_case(lexer, node);
    if (tds_lexer_is_word(lexer, "CAST"))
        return parse_cast(lexer, node);
    if (tds_lexer_is_word(lexer, "CONVERT"))
        return parse_convert(lexer, node);
    if (lexer->token.kind == TOKEN_WORD || lexer->token.kind == TOKEN_QUOTED)
        return parse_named(lexer, node);
    return tds_lexer_refuse(lexer, "an expression");
}

/* What was made so far is given even when it fails, for the caller to destroy. */
static bool parse_expression(struct tds_lexer *lexer, struct tds_node **ret)
{
    bool good = false;

    if (lexer->depth == DEPTH_MAX)
        return tds_lexer_refuse(lexer, "less nesting");
    lexer->depth++;
    *ret = new_node(TDS_NODE_NULL);
    good = parse_primary(lexer, *ret);
    lexer->depth--;
    return good;
}

static bool is_comparison(const struct tds_lexer *lexer)
{
    static const char *const signs[] = {"=", "<>", "!=", "<", ">", "<=", ">="};

    for (size_t i = 0; i < array_length(signs); i++)
        if (tds_lexer_is_sign(lexer, signs[i]))
            return true;
    return false;
}

static bool parse_compared(struct tds_lexer *lexer, struct tds_node *node)
{
    struct tds_node *other = NULL;
    bool good = false;

    if (is_comparison(lexer)) {
        node->kind = TDS_NODE_COMPARE;
        memcpy(node->name, lexer->token.start, lexer->token.size);
        good = tds_lexer_advance(lexer) && parse_expression(lexer, &other);
        if (other)
            add_part(node, other);
        return good;
    }
    if (tds_lexer_is_word(lexer, "IS")) {
        node->kind = TDS_NODE_IS_NULL;
        if (!tds_lexer_advance(lexer))
            return false;
        node->negated = tds_lexer_is_word(lexer, "NOT");
        return (!node->negated || tds_lexer_advance(lexer)) && take_word(lexer, "NULL");
    }
    node->kind = TDS_NODE_IN;
    node->negated = tds_lexer_is_word(lexer, "NOT");
    return (!node->negated || tds_lexer_advance(lexer)) && take_word(lexer, "IN") && take_sign(lexer, "(") &&
           parse_list(lexer, node);
}

static bool parse_simple(struct tds_lexer *lexer, struct tds_node **ret)
{
    struct tds_node *part = NULL;
    bool good = false;

    if (tds_lexer_is_sign(lexer, "("))
        return tds_lexer_advance(lexer) && parse_condition(lexer, ret) && take_sign(lexer, ")");
    good = parse_expression(lexer, &part);
    *ret = new_node(TDS_NODE_COMPARE);
    if (part)
        add_part(*ret, part);
    return good && parse_compared(lexer, *ret);
}

/* AND binds before OR. */
static bool parse_joined(struct tds_lexer *lexer, enum tds_node_kind kind, struct tds_node **ret)
{
    const char *word = kind == TDS_NODE_OR ? "OR" : "AND";
    struct tds_node *part = NULL;
    bool good = kind == TDS_NODE_OR ? parse_joined(lexer, TDS_NODE_AND, &part) : parse_simple(lexer, &part);

    *ret = new_node(kind);
    if (part)
        add_part(*ret, part);
    while (good && tds_lexer_is_word(lexer, word) && (*ret)->part_count < PARTS_MAX) {
        part = NULL;
        good = tds_lexer_advance(lexer) &&
               (kind == TDS_NODE_OR ? parse_joined(lexer, TDS_NODE_AND, &part) : parse_simple(lexer, &part));
        if (part)
            add_part(*ret, part);
    }
    return good;
}

static bool parse_condition(struct tds_lexer *lexer, struct tds_node **ret)
{
    bool good = false;

    if (lexer->depth == DEPTH_MAX)
        return tds_lexer_refuse(lexer, "less nesting");
    lexer->depth++;
    good = parse_joined(lexer, TDS_NODE_OR, ret);
    lexer->depth--;
    return good;
}

static struct tds_node **add_column(struct tds_node ***list, size_t *count)
{
    *list = x_grow_array(*list, *count + 1, sizeof(struct tds_node *));
    (*list)[*count] = NULL;
    return &(*list)[(*count)++];
}

static bool parse_column(struct tds_lexer *lexer, struct tds_node **place)
{
    if (tds_lexer_is_sign(lexer, "*")) {
        *place = new_node(TDS_NODE_STAR);
        return tds_lexer_advance(lexer);
    }
    if (!parse_expression(lexer, place))
        return false;
    if (tds_lexer_is_word(lexer, "AS")) {
        char title[TDS_NAME_SIZE] = "";

        if (!tds_lexer_advance(lexer) || !copy_name(lexer, title))
            return false;
        (*place)->title = x_strdup(title);
    }
    return true;
}

static bool parse_order(struct tds_lexer *lexer, struct tds_statement *statement)
{
    if (!tds_lexer_advance(lexer) || !take_word(lexer, "BY"))
        return false;
    do {
        struct tds_node **place = add_column(&statement->order, &statement->order_count);

        if ((statement->order_count > 1 && !tds_lexer_advance(lexer)) || !parse_expression(lexer, place))
            return false;
        (*place)->descending = tds_lexer_is_word(lexer, "DESC");
        if ((tds_lexer_is_word(lexer, "ASC") || tds_lexer_is_word(lexer, "DESC")) && !tds_lexer_advance(lexer))
            return false;
    } while (tds_lexer_is_sign(lexer, ",") && statement->order_count < PARTS_MAX);
    return true;
}

static bool parse_top(struct tds_lexer *lexer, struct tds_statement *statement)
{
    struct tds_node *number = new_node(TDS_NODE_NUMBER);
    bool bracket = false;
    bool good = tds_lexer_advance(lexer);

    bracket = good && tds_lexer_is_sign(lexer, "(");
    good = good && (!bracket || tds_lexer_advance(lexer)) && lexer->token.kind == TOKEN_NUMBER &&
           parse_number(lexer, number, false) && (!bracket || take_sign(lexer, ")"));
    statement->top = number->number;
    destroy(&number);
    return good || tds_lexer_refuse(lexer, "a number of rows");
}

static bool parse_select(struct tds_lexer *lexer, struct tds_statement *statement)
{
    statement->kind = TDS_SELECT;
    statement->top = -1;
    if (!tds_lexer_advance(lexer) || (tds_lexer_is_word(lexer, "TOP") && !parse_top(lexer, statement)))
        return false;
    do {
        struct tds_node **place = add_column(&statement->columns, &statement->column_count);

        if ((statement->column_count > 1 && !tds_lexer_advance(lexer)) || !parse_column(lexer, place))
            return false;
    } while (tds_lexer_is_sign(lexer, ",") && statement->column_count < PARTS_MAX);
    if (tds_lexer_is_word(lexer, "FROM")) {
        if (!tds_lexer_advance(lexer) || !copy_name(lexer, statement->name))
            return false;
        while (tds_lexer_is_sign(lexer, ".")) {
            size_t length = strlen(statement->name);

            if (length + 1 < TDS_NAME_SIZE)
                memcpy(statement->name + length, ".", 2);
            if (!tds_lexer_advance(lexer) || !copy_name(lexer, statement->name))
                return false;
        }
    }
    if (tds_lexer_is_word(lexer, "WHERE") && (!tds_lexer_advance(lexer) || !parse_condition(lexer, &statement->where)))
        return false;
    return !tds_lexer_is_word(lexer, "ORDER") || parse_order(lexer, statement);
}

/* Settings have no effect: all up to the next statement is taken. */
static bool parse_set(struct tds_lexer *lexer)
{
    do
        if (!tds_lexer_advance(lexer))
            return false;
    while (lexer->token.kind != TOKEN_END && !tds_lexer_is_sign(lexer, ";") && !tds_lexer_is_word(lexer, "SET") &&
           !tds_lexer_is_word(lexer, "SELECT") && !tds_lexer_is_word(lexer, "USE"));
    return true;
}

static bool parse_statement(struct tds_lexer *lexer, struct tds_statement *statement)
{
    if (tds_lexer_is_word(lexer, "SELECT"))
        return parse_select(lexer, statement);
    statement->kind = TDS_SET;
    if (tds_lexer_is_word(lexer, "SET"))
        return parse_set(lexer);
    statement->kind = TDS_USE;
    if (tds_lexer_is_word(lexer, "USE"))
        return tds_lexer_advance(lexer) && copy_name(lexer, statement->name);
    return tds_lexer_refuse(lexer, "a query or a setting (the stand-in only reads)");
}

bool tds_batch_parse(const char *text, struct tds_batch *ret, struct fault *fault)
{
    struct tds_lexer lexer = {.start = text, .at = text, .fault = fault};
    bool good = false;

    *ret = (struct tds_batch){0};
    *fault = (struct fault){0};
    good = tds_lexer_advance(&lexer);
    while (good && lexer.token.kind != TOKEN_END) {
        if (tds_lexer_is_sign(&lexer, ";")) {
            good = tds_lexer_advance(&lexer);
            continue;
        }
        if (ret->count == TDS_STATEMENTS_MAX) {
            good = tds_lexer_refuse(&lexer, "the end of the batch");
            break;
        }
        ret->statements = x_grow_array(ret->statements, ret->count + 1, sizeof *ret->statements);
        ret->statements[ret->count] = (struct tds_statement){0};
        good = parse_statement(&lexer, &ret->statements[ret->count++]);
    }
    free(lexer.token.text);
    if (!good)
        tds_batch_release(ret);
    return good;
}

void tds_batch_release(struct tds_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct tds_statement *statement = &batch->statements[i];

        for (size_t at = 0; at < statement->column_count; at++)
            destroy(&statement->columns[at]);
        for (size_t at = 0; at < statement->order_count; at++)
            destroy(&statement->order[at]);
        destroy(&statement->where);
        free(statement->columns);
        free(statement->order);
    }
    free(batch->statements);
    *batch = (struct tds_batch){0};
}

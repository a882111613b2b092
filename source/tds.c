#include "source/tds.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "source/tds_parts.h"

enum { ADDRESS_BYTES_MAX = 4096 };

static bool set_isolation(const struct tds_source *source, struct tds_link *link, struct fault *fault)
{
    if (!source->catalogue->has_snapshots)
        return tds_link_query(link, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED", fault);

    /* The first SELECT opens a transaction, and all later ones see what it saw. */
    return tds_link_query(link, "SET TRANSACTION ISOLATION LEVEL SNAPSHOT", fault) &&
           tds_link_query(link, "SET IMPLICIT_TRANSACTIONS ON", fault);
}

bool tds_take_link(struct tds_source *source, struct tds_link **ret, struct fault *fault)
{
    scoped(tds_link_close) struct tds_link *link = NULL;

    while (source->idle_count) {
        link = source->idle[--source->idle_count];
        if (!tds_link_is_dead(link)) {
            *ret = steal(link);
            return true;
        }
        tds_link_close(&link);
    }
    if (!tds_link_open(source->url, &link, fault) || !set_isolation(source, link, fault))
        return false;
    *ret = steal(link);
    return true;
}

void tds_put_back(struct tds_source *source, struct tds_link **link)
{
    if (!*link)
        return;
    tds_link_cancel(*link);
    if (tds_link_is_dead(*link)) {
        tds_link_close(link);
        return;
    }
    source->idle = x_grow_array(source->idle, source->idle_count + 1, sizeof(struct tds_link *));
    source->idle[source->idle_count++] = *link;
    *link = NULL;
}

bool tds_ask(struct tds_source *source, const char *statement, struct tds_link **ret, struct fault *fault)
{
    bool good = false;

    if (source->asking && tds_link_is_dead(source->asking))
        tds_link_close(&source->asking);
    good = (source->asking || tds_link_open(source->url, &source->asking, fault)) &&
           tds_link_query(source->asking, statement, fault);
    *ret = source->asking;
    return good;
}

static struct tds_source *of(struct source *source)
{
    return (struct tds_source *)(void *)source;
}

static const struct tds_source *view(const struct source *source)
{
    return (const struct tds_source *)(const void *)source;
}

static void close_source(struct source *base)
{
    struct tds_source *source = of(base);

    for (size_t i = 0; i < source->idle_count; i++)
        tds_link_close(&source->idle[i]);
    free(source->idle);
    tds_link_close(&source->asking);
    tds_catalogue_destroy(&source->catalogue);
    bak_scalars_destroy(&source->scalars);
    tds_url_destroy(&source->url);
}

static size_t table_count(const struct source *source)
{
    return view(source)->catalogue->table_count;
}

static struct source_table table_at(const struct source *source, size_t number)
{
    const struct tds_table *table = &view(source)->catalogue->tables[number];

    return (struct source_table){
        .name = table->title,
        .origin = table->title,
        .rows = table->rows,
        .trouble = table->column_count ? NULL : "The user may not see its columns.",
    };
}

/* The place of a table and of one of its columns in what the source lists. */
static bool find_target(const struct tds_catalogue *catalogue, const struct bak_column *facts, struct source_keys *ret)
{
    for (size_t i = 0; facts->target_table && i < catalogue->table_count; i++) {
        const struct tds_table *table = &catalogue->tables[i];

        for (size_t k = 0; table->id == facts->target_table && k < table->column_count; k++) {
            if (table->columns[k].facts.id != facts->target_column)
                continue;
            ret->table = i;
            ret->column = k;
            return true;
        }
    }
    return false;
}

static void keys_of(const struct source *source, size_t number, size_t column, struct source_keys *ret)
{
    const struct tds_catalogue *catalogue = view(source)->catalogue;
    const struct tds_table *table = &catalogue->tables[number];
    const struct bak_column *facts = NULL;

    must(column < table->column_count);
    facts = &table->columns[column].facts;
    ret->known = true;
    ret->primary = facts->primary;
    ret->unique = facts->unique;
    ret->refers = find_target(catalogue, facts, ret);
}

static void describe(const struct source *base, struct source_facts *facts)
{
    const struct tds_source *source = view(base);
    const struct tds_catalogue *catalogue = source->catalogue;

    source_facts_put(facts, "kind", "What it is", "live SQL Server database");
    source_facts_put(facts, "database", "Database", "%s", source->url->database);
    source_facts_put(facts, "server", "Server", "%s, port %" PRId64, source->url->host, source->url->port);
    source_facts_put(facts, "server_version", "Server version", "%s%s%s", catalogue->version,
                     catalogue->edition ? ", " : "", catalogue->edition ? catalogue->edition : "");
    if (catalogue->collation)
        source_facts_put(facts, "collation", "Collation", "%s", catalogue->collation);
    source_facts_put(facts, "connection", "Connection", "%s", source->encrypted ? "encrypted" : "not encrypted");
    source_facts_put(facts, "isolation", "Isolation", "%s",
                     catalogue->has_snapshots ? "snapshot: all tables as they were at one moment"
                                              : "read committed: each row as it was when it was read");
    if (!source->encrypted)
        source_facts_warn(facts,
                          "The connection to the server is not encrypted, because the server offers no TLS: "
                          "everybody on the way can read the records. ?encrypt=require in the address refuses that.");
    if (!catalogue->has_snapshots)
        source_facts_warn(facts,
                          "The database does not allow snapshot isolation: what is changed while it is read may "
                          "not fit together. Read it while nobody works with the program, or have ALTER DATABASE … "
                          "SET ALLOW_SNAPSHOT_ISOLATION ON done before.");
}

static const struct source_driver tds_driver = {
    .close = close_source,
    .table_count = table_count,
    .table = table_at,
    .keys = keys_of,
    .scan = tds_scan_open,
    .open_blob = tds_blob_open,
    .describe = describe,
};

bool tds_source_open(const char *address, struct source **ret, struct fault *fault)
{
    struct tds_source *source = x_alloc(sizeof *source);
    scoped(source_close) struct source *owned = &source->base;

    owned->driver = &tds_driver;
    source->scalars = bak_scalars_new(0);
    if (!tds_url_parse(address, &source->url, fault) || !tds_link_open(source->url, &source->asking, fault) ||
        !tds_catalogue_read(source->asking, &source->catalogue, fault))
        return false;
    source->encrypted = tds_link_is_encrypted(source->asking);
    *ret = steal(owned);
    return true;
}

bool tds_source_resolve(const char *address, char **ret, struct fault *fault)
{
    scoped(tds_url_destroy) struct tds_url *url = NULL;
    struct text text;

    if (!tds_url_parse(address, &url, fault))
        return false;
    text_init(&text, ADDRESS_BYTES_MAX);
    tds_url_put(url, &text);
    must(!text.overflowed);
    *ret = text_take(&text);
    return true;
}

#include "sandbox/clinic/bak_system.h"

#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "sandbox/clinic/tables.h"

static const struct column sysrscols[] = {{"rsid", "bigint"},
                                          {"rscolid", "int"},
                                          {"hbcolid", "int"},
                                          {"rcmodified", "bigint"},
                                          {"ti", "int"},
                                          {"cid", "int"},
                                          {"ordkey", "smallint"},
                                          {"maxinrowlen", "smallint"},
                                          {"status", "int"},
                                          {"offset", "int"},
                                          {"nullbit", "int"},
                                          {"bitpos", "smallint"},
                                          {"colguid", "varbinary(16)"},
                                          {0}};

static const struct column sysrowsets[] = {{"rowsetid", "bigint"},
                                           {"ownertype", "tinyint"},
                                           {"idmajor", "int"},
                                           {"idminor", "int"},
                                           {"numpart", "int"},
                                           {"status", "int"},
                                           {"fgidfs", "smallint"},
                                           {"rcrows", "bigint"},
                                           {"cmprlevel", "tinyint"},
                                           {"fillfact", "tinyint"},
                                           {"maxnullbit", "smallint"},
                                           {"maxleaf", "int"},
                                           {"maxint", "smallint"},
                                           {"minleaf", "smallint"},
                                           {"minint", "smallint"},
                                           {"rsguid", "varbinary(16)"},
                                           {"lockres", "varbinary(8)"},
                                           {"scope_id", "int"},
                                           {0}};

static const struct column sysallocunits[] = {
    {"auid", "bigint"},   {"type", "tinyint"},      {"ownerid", "bigint"},    {"status", "int"},
    {"fgid", "smallint"}, {"pgfirst", "binary(6)"}, {"pgroot", "binary(6)"},  {"pgfirstiam", "binary(6)"},
    {"pcused", "bigint"}, {"pcdata", "bigint"},     {"pcreserved", "bigint"}, {0}};

static const struct column sysfiles1[] = {
    {"status", "int"}, {"fileid", "smallint"}, {"name", "nchar(128)"}, {"filename", "nchar(260)"}, {0}};

static const struct column sysseobjvalues[] = {{"valclass", "tinyint"},
                                               {"id", "bigint"},
                                               {"subid", "bigint"},
                                               {"valnum", "int"},
                                               {"value", "sql_variant"},
                                               {"imageval", "varbinary(max)"},
                                               {0}};

static const struct column sysphfg[] = {{"dbfragid", "int"},
                                        {"phfgid", "int"},
                                        {"fgid", "int"},
                                        {"type", "char(2)"},
                                        {"fgguid", "uniqueidentifier"},
                                        {"lgfgid", "int"},
                                        {"status", "int"},
                                        {"name", "sysname"},
                                        {0}};

static const struct column sysprufiles[] = {{"dbfragid", "int"},
                                            {"fileid", "int"},
                                            {"grpid", "int"},
                                            {"status", "int"},
                                            {"filetype", "tinyint"},
                                            {"filestate", "tinyint"},
                                            {"size", "int"},
                                            {"maxsize", "int"},
                                            {"growth", "int"},
                                            {"lname", "sysname"},
                                            {"pname", "nvarchar(260)"},
                                            {"createlsn", "binary(10)"},
                                            {"droplsn", "binary(10)"},
                                            {"fileguid", "uniqueidentifier"},
                                            {"internalstatus", "int"},
                                            {"readonlylsn", "binary(10)"},
                                            {"readwritelsn", "binary(10)"},
                                            {"readonlybaselsn", "binary(10)"},
                                            {"firstupdatelsn", "binary(10)"},
                                            {"lastupdatelsn", "binary(10)"},
                                            {"backuplsn", "binary(10)"},
                                            {"diffbaselsn", "binary(10)"},
                                            {"diffbaseguid", "uniqueidentifier"},
                                            {"diffbasetime", "datetime"},
                                            {"diffbaseseclsn", "binary(10)"},
                                            {"redostartlsn", "binary(10)"},
                                            {"redotargetlsn", "binary(10)"},
                                            {"forkguid", "uniqueidentifier"},
                                            {"forklsn", "binary(10)"},
                                            {"forkvc", "bigint"},
                                            {"redostartforkguid", "uniqueidentifier"},
                                            {0}};

static const struct column sysschobjs[] = {{"id", "int"},
                                           {"name", "sysname"},
                                           {"nsid", "int"},
                                           {"nsclass", "tinyint"},
                                           {"status", "int"},
                                           {"type", "char(2)"},
                                           {"pid", "int"},
                                           {"pclass", "tinyint"},
                                           {"intprop", "int"},
                                           {"created", "datetime"},
                                           {"modified", "datetime"},
                                           {"status2", "int"},
                                           {0}};

static const struct column syscolpars[] = {{"id", "int"},
                                           {"number", "smallint"},
                                           {"colid", "int"},
                                           {"name", "sysname"},
                                           {"xtype", "tinyint"},
                                           {"utype", "int"},
                                           {"length", "smallint"},
                                           {"prec", "tinyint"},
                                           {"scale", "tinyint"},
                                           {"collationid", "int"},
                                           {"status", "int"},
                                           {"maxinrow", "smallint"},
                                           {"xmlns", "int"},
                                           {"dflt", "int"},
                                           {"chk", "int"},
                                           {"idtval", "varbinary(64)"},
                                           {0}};

static const struct column sysscalartypes[] = {{"id", "int"},
                                               {"schid", "int"},
                                               {"name", "sysname"},
                                               {"xtype", "tinyint"},
                                               {"length", "smallint"},
                                               {"prec", "tinyint"},
                                               {"scale", "tinyint"},
                                               {"collationid", "int"},
                                               {"status", "int"},
                                               {"created", "datetime"},
                                               {"modified", "datetime"},
                                               {"dflt", "int"},
                                               {"chk", "int"},
                                               {0}};

static const struct column sysidxstats[] = {{"id", "int"},       {"indid", "int"},        {"name", "sysname"},
                                            {"status", "int"},   {"intprop", "int"},      {"fillfact", "tinyint"},
                                            {"type", "tinyint"}, {"tinyprop", "tinyint"}, {"dataspace", "int"},
                                            {"lobds", "int"},    {"rowset", "bigint"},    {0}};

static const struct column sysiscols[] = {{"idmajor", "int"},       {"idminor", "int"},       {"subid", "int"},
                                          {"status", "int"},        {"intprop", "int"},       {"tinyprop1", "tinyint"},
                                          {"tinyprop2", "tinyint"}, {"tinyprop3", "tinyint"}, {0}};

static const struct column sysclsobjs[] = {{"class", "tinyint"},
                                           {"id", "int"},
                                           {"name", "sysname"},
                                           {"status", "int"},
                                           {"type", "char(2)"},
                                           {"intprop", "int"},
                                           {"created", "datetime"},
                                           {"modified", "datetime"},
                                           {0}};

/* The first four of the oldest tables have ids without a part for the index. */
static const struct {
    struct table table;
    int32_t number;
    bool is_old;
    const char *keys[MDF_KEY_COLUMNS_MAX]; /* none: a heap */
} systems[MDF_SYSTEM_TABLE_COUNT] = {
    {{"sysrscols", sysrscols}, MDF_SYSRSCOLS, true, {"rsid", "hbcolid"}},
    {{"sysrowsets", sysrowsets}, MDF_SYSROWSETS, true, {"rowsetid"}},
    {{"sysallocunits", sysallocunits}, MDF_SYSALLOCUNITS, true, {"auid"}},
    {{"sysfiles1", sysfiles1}, MDF_SYSFILES1, true, {0}},
    {{"sysseobjvalues", sysseobjvalues}, MDF_SYSSEOBJVALUES, false, {"valclass", "id", "subid", "valnum"}},
    {{"sysphfg", sysphfg}, MDF_SYSPHFG, false, {"phfgid"}},
    {{"sysprufiles", sysprufiles}, MDF_SYSPRUFILES, false, {"fileid"}},
    {{"sysschobjs", sysschobjs}, MDF_SYSSCHOBJS, false, {"id"}},
    {{"syscolpars", syscolpars}, MDF_SYSCOLPARS, false, {"id", "number", "colid"}},
    {{"sysscalartypes", sysscalartypes}, MDF_SYSSCALARTYPES, false, {"id"}},
    {{"sysidxstats", sysidxstats}, MDF_SYSIDXSTATS, false, {"id", "indid"}},
    {{"sysiscols", sysiscols}, MDF_SYSISCOLS, false, {"idmajor", "idminor", "subid"}},
    {{"sysclsobjs", sysclsobjs}, MDF_SYSCLSOBJS, false, {"class", "id"}},
};

/* Those that a real server leaves empty. */
static bool is_nullable(const char *table, const struct column *column)
{
    static const char *const names[] = {"colguid", "rsguid",   "lockres", "scope_id",
                                        "value",   "imageval", "lgfgid",  "idtval"};

    for (size_t i = 0; i < array_length(names); i++) {
        if (strcmp(column->name, names[i]) == 0) {
            return true;
        }
    }
    return strcmp(column->type, "binary(10)") == 0 || strcmp(column->type, "uniqueidentifier") == 0 ||
           (strcmp(column->name, "name") == 0 &&
            (strcmp(table, "syscolpars") == 0 || strcmp(table, "sysidxstats") == 0));
}

void mdf_system_table(size_t n, struct mdf_table *ret)
{
    *ret = (struct mdf_table){.name = systems[n].table.name, .object = systems[n].number};
    for (const struct column *column = systems[n].table.columns; column->name != NULL; column++) {
        mdf_layout_add(&ret->layout, column->name, column->type)->flags =
            is_nullable(ret->name, column) ? 0 : MDF_NOT_NULL;
    }
    ret->is_heap = systems[n].keys[0] == NULL;
    for (size_t i = 0; i < MDF_KEY_COLUMNS_MAX && systems[n].keys[i] != NULL; i++) {
        mdf_layout_column(&ret->layout, systems[n].keys[i])->key = (unsigned)i + 1;
    }
    mdf_layout_place(&ret->layout, false);
    ret->rows.id = (uint64_t)systems[n].number << 16 | (systems[n].is_old ? 0 : UINT64_C(1) << 48);
}

const struct mdf_scalar_type mdf_scalar_types[] = {
    {"image", 34, 34, 16, 0, 0, false},
    {"text", 35, 35, 16, 0, 0, true},
    {"uniqueidentifier", 36, 36, 16, 0, 0, false},
    {"date", 40, 40, 3, 10, 0, false},
    {"time", 41, 41, 5, 16, 7, false},
    {"datetime2", 42, 42, 8, 27, 7, false},
    {"datetimeoffset", 43, 43, 10, 34, 7, false},
    {"tinyint", 48, 48, 1, 3, 0, false},
    {"smallint", 52, 52, 2, 5, 0, false},
    {"int", 56, 56, 4, 10, 0, false},
    {"smalldatetime", 58, 58, 4, 16, 0, false},
    {"real", 59, 59, 4, 24, 0, false},
    {"money", 60, 60, 8, 19, 4, false},
    {"datetime", 61, 61, 8, 23, 3, false},
    {"float", 62, 62, 8, 53, 0, false},
    {"sql_variant", 98, 98, 8016, 0, 0, false},
    {"ntext", 99, 99, 16, 0, 0, true},
    {"bit", 104, 104, 1, 1, 0, false},
    {"decimal", 106, 106, 17, 38, 38, false},
    {"numeric", 108, 108, 17, 38, 38, false},
    {"smallmoney", 122, 122, 4, 10, 4, false},
    {"bigint", 127, 127, 8, 19, 0, false},
    {"varbinary", 165, 165, 8000, 0, 0, false},
    {"varchar", 167, 167, 8000, 0, 0, true},
    {"binary", 173, 173, 8000, 0, 0, false},
    {"char", 175, 175, 8000, 0, 0, true},
    {"timestamp", 189, 189, 8, 0, 0, false},
    {"nvarchar", 231, 231, 8000, 0, 0, true},
    {"nchar", 239, 239, 8000, 0, 0, true},
    {"xml", 241, 241, -1, 0, 0, false},
    {"sysname", 256, 231, 256, 0, 0, true},
};

const size_t mdf_scalar_type_count = array_length(mdf_scalar_types);

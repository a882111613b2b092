#include "sandbox/clinic/truth.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sandbox/clinic/sheet.h"

struct truth {
    struct sheet *sheet;
};

static const struct column columns[] = {{"TableName", "varchar(30)"},  {"RowID", "int"},
                                        {"ColumnName", "varchar(30)"}, {"Pictures", "int"},
                                        {"Text", "nvarchar(max)"},     {0}};
static const struct table table = {"Text", columns};

bool truth_create(const char *folder, struct truth **ret, struct fault *fault)
{
    struct truth *truth;

    *ret = NULL;
    if (folder == NULL) {
        return true;
    }
    truth = x_alloc(sizeof(*truth));
    if (!sheet_create(folder, &table, &truth->sheet, fault)) {
        truth_destroy(&truth);
        return false;
    }
    *ret = truth;
    return true;
}

void truth_put(struct truth *truth, const char *table_name, int64_t row, const char *column, int pictures,
               const char *text)
{
    if (truth == NULL) {
        return;
    }
    sheet_text(truth->sheet, "TableName", table_name);
    sheet_integer(truth->sheet, "RowID", row);
    sheet_text(truth->sheet, "ColumnName", column);
    sheet_integer(truth->sheet, "Pictures", pictures);
    sheet_text(truth->sheet, "Text", text);
}

bool truth_finish(struct truth **truth, struct fault *fault)
{
    bool finished = *truth == NULL || sheet_finish(&(*truth)->sheet, fault);

    truth_destroy(truth);
    return finished;
}

void truth_destroy(struct truth **truth)
{
    if (*truth == NULL) {
        return;
    }
    sheet_destroy(&(*truth)->sheet);
    free(*truth);
    *truth = NULL;
}

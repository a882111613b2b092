/* Kind "catalogue": the small lists that patients and appointments point into. Some carry no marker, so one in doubt is
 * found by name among those made since it was sent; what stood there before is never adopted (requirement S0-83). Equal
 * names could not be told apart, so an account has one task of this kind under way at a time (db/task.c), and within it
 * nothing else is under way while one is looked up. */
#include "cliniko/path.h"
#include "workers/change.h"
#include "workers/creation.h"
#include "workers/look_up.h"

static const struct creation creations[] = {
    {.sender = {CREATION_SENDER("create taxes"), .alone = true},
     .entity = ENTITY_TAX,
     .path = PATH_TAXES,
     .array = "taxes",
     .look = "look for taxes",
     .since = true,
     .same = {"name"}},
    {.sender = {CREATION_SENDER("create concession types"), .alone = true},
     .entity = ENTITY_CONCESSION_TYPE,
     .path = PATH_CONCESSION_TYPES,
     .array = "concession_types",
     .look = "look for concession types",
     .since = true,
     .same = {"name"}},
    {.sender = {CREATION_SENDER("create product suppliers"), .alone = true},
     .entity = ENTITY_PRODUCT_SUPPLIER,
     .path = PATH_PRODUCT_SUPPLIERS,
     .array = "product_suppliers",
     .look = "look for product suppliers",
     .equal = {"name"},
     .since = true,
     .same = {"name"}},
    {.sender = {CREATION_SENDER("create products")},
     .entity = ENTITY_PRODUCT,
     .path = PATH_PRODUCTS,
     .array = "products",
     .look = "look for products",
     .equal = {"name"},
     .since = true,
     .hidden = {"archived_at"},
     .marked = "notes"},
    {.sender = {CREATION_SENDER("create billable items"), .alone = true},
     .entity = ENTITY_BILLABLE_ITEM,
     .path = PATH_BILLABLE_ITEMS,
     .array = "billable_items",
     .look = "look for billable items",
     .since = true,
     .hidden = {"archived_at"},
     .same = {"name", "item_code", "item_type"}},
    {.sender = {CREATION_SENDER("create appointment types"), .alone = true},
     .entity = ENTITY_APPOINTMENT_TYPE,
     .path = PATH_APPOINTMENT_TYPES,
     .array = "appointment_types",
     .look = "look for appointment types",
     .since = true,
     .hidden = {"archived_at"},
     .same = {"name", "duration_in_minutes"}},
    {.sender = {CREATION_SENDER("create contacts")},
     .entity = ENTITY_CONTACT,
     .path = PATH_CONTACTS,
     .array = "contacts",
     .look = "look for contacts",
     .equal = {"last_name"},
     .since = true,
     .hidden = {"archived_at"},
     .marked = "notes"},
    {.path = NULL},
};

static void start(struct job *job)
{
    const struct sender_entity *change = change_find(job->entity);

    if (change)
        sender_start(job, change);
    else
        creation_start(job, creations);
}

const struct job_kind job_catalogue = {
    .name = "catalogue",
    .start = start,
    .stop = sender_stop,
    .close = sender_close,
};

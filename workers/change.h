/* Changes of what was created earlier: how a patient is reminded, and archiving. They may be made twice. */
#ifndef WORKERS_CHANGE_H
#define WORKERS_CHANGE_H

#include "workers/sender.h"

/* The sender of an archival of any kind or of a reminder preference; NULL for every other entity. */
const struct sender_entity *change_find(enum entity entity);

#endif

/* What becomes of an appointment after it was created: whether the patient came, or that it was cancelled. Both are
 * changes that may be made twice. */
#ifndef WORKERS_ATTENDANCE_H
#define WORKERS_ATTENDANCE_H

#include "workers/sender.h"

extern const struct sender_entity attendance_entity;
extern const struct sender_entity cancellation_entity;

#endif

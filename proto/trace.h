/* Messages in the debug log. A file of its own: czmq.h brings syslog's LOG_DEBUG along, base/log.h has another one. */
#ifndef PROTO_TRACE_H
#define PROTO_TRACE_H

#include "proto/message.h"

void trace_message(const char *event, const struct message *message);

#endif

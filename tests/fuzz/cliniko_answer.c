/* An answer of any bytes: first byte how the exchange ended, second and third the status, then the body. Whatever
 * comes, the fault is one sentence of valid text, and no create is called unmade unless the status says so. */
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "cliniko/answer.h"
#include "cliniko/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_objects(const struct json *json)
{
    struct cliniko_appointment appointment;
    struct cliniko_attendee attendee;
    struct cliniko_practitioner practitioner;
    struct cliniko_patient patient;
    struct fault fault;
    char id[ID_SIZE];

    if (object_relation(json, "patient", id, &fault))
        must(id[0] == '\0' || object_id_valid(id));
    if (object_read_appointment(json, &appointment, &fault))
        must(object_id_valid(appointment.id));
    if (object_read_attendee(json, &attendee, &fault))
        must(object_id_valid(attendee.id));
    if (object_read_practitioner(json, &practitioner, &fault))
        must(object_id_valid(practitioner.id));
    if (object_read_patient(json, &patient, &fault))
        must(object_id_valid(patient.id));
}

static void judge(const struct http_answer *answer, bool create)
{
    struct answer_question question = {.create = create, .action = "create patients", .shard = "au1"};
    struct json *json = NULL;
    struct fault fault = {0};
    const char *id = NULL;
    bool final = answer->end == HTTP_NOT_SENT || (answer->status >= 300 && answer->status < 500);

    if (answer_judge(answer, &question, &json, &fault)) {
        must(answer->end == HTTP_ANSWERED && answer->status >= 200 && answer->status < 300);
        must(!create || object_id(json, &id, &fault));
        read_objects(json);
    } else {
        must(fault.kind != FAULT_NONE && fault.text[0] && utf8_valid(fault.text, strlen(fault.text)));
        must(!create || final || fault.kind == FAULT_IN_DOUBT);
        must(create || fault.kind != FAULT_IN_DOUBT);
    }
    json_destroy(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_answer answer = {.type = slice_of("application/json"), .date = slice_of(""), .reset = slice_of("")};

    if (size < 3)
        return 0;
    answer.end = (enum http_end)(data[0] % 3);
    answer.status = answer.end == HTTP_NOT_SENT ? 0 : 200 + (data[1] % 4) * 100 + data[2] % 100;
    answer.problem = answer.end == HTTP_ANSWERED ? "" : "no answer";
    answer.body = (struct slice){(const char *)data + 3, size - 3};
    judge(&answer, true);
    judge(&answer, false);
    return 0;
}

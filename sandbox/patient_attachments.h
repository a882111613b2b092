/* Patient attachments: the three steps of an upload that are not S3's own (API reference 5.18, 8.1, 8.7). */
#ifndef SANDBOX_PATIENT_ATTACHMENTS_H
#define SANDBOX_PATIENT_ATTACHMENTS_H

#include "sandbox/act.h"
#include "sandbox/state.h"

enum attachment_field {
    ATTACHMENT_CONTENT_TYPE = RECORD_OWN,
    ATTACHMENT_DESCRIPTION,
    ATTACHMENT_FILENAME,
    ATTACHMENT_PINNED_AT,
    ATTACHMENT_PROCESSED_AT,
    ATTACHMENT_SIZE,
    ATTACHMENT_PATIENT,
    ATTACHMENT_USER,
    ATTACHMENT_UPLOAD_URL,
    ATTACHMENT_OBJECT, /* its place in the bucket */
    ATTACHMENT_DUE_MS, /* when it will be processed; CELL_NULL for never */
    ATTACHMENT_FIELDS,
};

/* GET /patients/{id}/attachment_presigned_post: act->record is the patient. */
void attachment_presign(struct act *act);

/* GET /patient_attachments/{id}/content: the bytes, where they were kept. */
void attachment_content(struct act *act);

/* Does what the service does in the background: whatever of the account is due by now is processed. */
void attachments_process(struct act *act);

/* What was uploaded, for tests: every attachment with size and checksums, and what is left in the bucket. */
void attachments_write(const struct sandbox *sandbox, struct json_writer *writer);

#endif

#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

enum { READ_BACK_MOST = 50 /* objects in one request of verification */, BAR = 20 };

static bool is_sent(const struct progress_entity *entity)
{
    return entity_facts(entity->entity)->phase > 0;
}

int64_t progress_settled(const struct progress_entity *entity)
{
    int64_t brought_earlier = entity->planned < 0 ? 0 : entity->staged - entity->planned;

    return brought_earlier + entity->created + entity->failed + entity->skipped;
}

/* A file takes two: where it may be uploaded, and that it is there. */
static int64_t requests_of(const struct progress_entity *entity)
{
    return strcmp(entity_facts(entity->entity)->kind, "attachments") == 0 ? 2 : 1;
}

int64_t progress_requests_left(const struct progress *progress)
{
    int64_t left = 0;

    for (int i = 0; i < progress->entity_count; i++) {
        const struct progress_entity *entity = &progress->entities[i];

        if (!is_sent(entity))
            continue;
        left += (entity->staged - progress_settled(entity)) * requests_of(entity);
        left += (entity->staged - entity->verified + READ_BACK_MOST - 1) / READ_BACK_MOST;
        if (entity->entity == ENTITY_ATTENDANCE)
            left += (entity->staged - progress_settled(entity) + READ_BACK_MOST - 1) / READ_BACK_MOST;
    }
    return left;
}

int64_t progress_seconds_left(const struct progress *progress, double measured_per_second)
{
    double allowed = (double)progress->rate_per_minute / 60;
    double rate = allowed;

    if (progress->state == TRANSFER_COMPLETED || progress->state == TRANSFER_REVIEW)
        return 0;
    if (progress->entity_count == 0 || progress->state == TRANSFER_EXTRACTING)
        return -1;
    if (measured_per_second > 0 && (rate == 0 || measured_per_second < rate * 0.8))
        rate = measured_per_second;
    if (rate <= 0)
        return -1;
    return (int64_t)((double)progress_requests_left(progress) / rate + 0.5);
}

void progress_put_duration(struct text *out, int64_t seconds)
{
    if (seconds >= 3600)
        text_printf(out, "%" PRId64 ":%02d:%02d", seconds / 3600, (int)(seconds / 60 % 60), (int)(seconds % 60));
    else
        text_printf(out, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

static void put_bar(struct text *out, int64_t done, int64_t total)
{
    int filled = total > 0 ? (int)(done * BAR / total) : BAR;

    for (int i = 0; i < BAR; i++)
        text_puts(out, i < filled ? "#" : ".");
}

static void put_troubles(struct text *out, const struct progress_entity *entity)
{
    if (entity->failed)
        text_printf(out, "  %" PRId64 " failed", entity->failed);
    if (entity->skipped)
        text_printf(out, "  %" PRId64 " skipped", entity->skipped);
    if (entity->excluded)
        text_printf(out, "  %" PRId64 " not sendable", entity->excluded);
}

static void put_heading(const struct progress *progress, double measured_per_second, struct text *out)
{
    int64_t left = progress_seconds_left(progress, measured_per_second);

    text_printf(out, "transfer %" PRId64 "  %s  ", progress->transfer, transfer_state_name(progress->state));
    progress_put_duration(out, (int64_t)progress->seconds);
    if (measured_per_second > 0)
        text_printf(out, "  %.1f records/s", measured_per_second);
    if (progress->rate_per_minute)
        text_printf(out, "  limit %" PRId64 "/min", progress->rate_per_minute);
    if (left >= 0 && !transfer_state_is_rest(progress->state)) {
        text_puts(out, "  left ");
        progress_put_duration(out, left);
    }
}

/* A line that is wider than the terminal would wrap, and the next drawing could not go back over it. */
static void put_line(struct text *out, struct text *line, int width)
{
    text_put(out, text_string(line), line->size > (size_t)width ? (size_t)width : line->size);
    text_puts(out, "\n");
    text_clear(line);
}

void progress_draw(const struct progress *progress, double measured_per_second, int width, struct text *out)
{
    struct text line;

    text_init(&line, 400);
    put_heading(progress, measured_per_second, &line);
    put_line(out, &line, width);
    for (int i = 0; i < progress->entity_count; i++) {
        const struct progress_entity *entity = &progress->entities[i];

        if (!is_sent(entity))
            continue;
        text_printf(&line, "  %-26s ", entity_facts(entity->entity)->plural);
        put_bar(&line, progress_settled(entity), entity->staged);
        text_printf(&line, " %9" PRId64 " of %" PRId64, progress_settled(entity), entity->staged);
        if (progress->state == TRANSFER_VERIFYING)
            text_printf(&line, "  %" PRId64 " compared", entity->verified);
        put_troubles(&line, entity);
        put_line(out, &line, width);
    }
    text_release(&line);
}

/* A clinic has some twenty kinds of records: a line names those that are under way or in trouble. */
void progress_line(const struct progress *progress, double measured_per_second, struct text *out)
{
    int64_t settled = 0;
    int64_t staged = 0;

    put_heading(progress, measured_per_second, out);
    for (int i = 0; i < progress->entity_count; i++) {
        const struct progress_entity *entity = &progress->entities[i];

        settled += is_sent(entity) ? progress_settled(entity) : 0;
        staged += is_sent(entity) ? entity->staged : 0;
    }
    if (staged > 0)
        text_printf(out, "  %" PRId64 " of %" PRId64 " records", settled, staged);
    for (int i = 0; i < progress->entity_count; i++) {
        const struct progress_entity *entity = &progress->entities[i];
        bool under_way = progress_settled(entity) > 0 && progress_settled(entity) < entity->staged;

        if (!is_sent(entity) || !(under_way || entity->failed || entity->skipped || entity->excluded))
            continue;
        text_printf(out, "  %s %" PRId64 "/%" PRId64, entity_facts(entity->entity)->plural, progress_settled(entity),
                    entity->staged);
        put_troubles(out, entity);
    }
    text_puts(out, "\n");
}

static void put_entity(struct json_writer *writer, const struct progress_entity *entity)
{
    json_key(writer, entity_facts(entity->entity)->name);
    json_begin_object(writer);
    json_member_integer(writer, "staged", entity->staged);
    json_member_integer(writer, "settled", is_sent(entity) ? progress_settled(entity) : entity->staged);
    json_member_integer(writer, "created", entity->created);
    json_member_integer(writer, "failed", entity->failed);
    json_member_integer(writer, "skipped", entity->skipped);
    json_member_integer(writer, "excluded", entity->excluded);
    json_member_integer(writer, "left_behind", entity->left_behind);
    json_member_integer(writer, "warnings", entity->warnings);
    json_member_integer(writer, "verified", entity->verified);
    json_member_integer(writer, "differing", entity->differing);
    json_end_object(writer);
}

void progress_json(const struct progress *progress, double measured_per_second, struct text *out)
{
    struct json_writer writer;
    int64_t left = progress_seconds_left(progress, measured_per_second);

    json_write_init(&writer, out);
    json_begin_object(&writer);
    json_member_integer(&writer, "transfer", progress->transfer);
    json_member_text(&writer, "state", transfer_state_name(progress->state));
    json_member_text(&writer, "reason", progress->reason);
    json_key(&writer, "seconds");
    json_put_number(&writer, (double)(int64_t)(progress->seconds * 10) / 10);
    json_key(&writer, "seconds_left");
    if (left >= 0)
        json_put_integer(&writer, left);
    else
        json_put_null(&writer);
    json_key(&writer, "entities");
    json_begin_object(&writer);
    for (int i = 0; i < progress->entity_count; i++)
        put_entity(&writer, &progress->entities[i]);
    json_end_object(&writer);
    json_end_object(&writer);
    text_puts(out, "\n");
}

void progress_summary(const struct progress *progress, struct text *out)
{
    text_puts(
        out,
        "                              in Cliniko   failed  skipped  not sendable  left behind  compared  differing\n");
    for (int i = 0; i < progress->entity_count; i++) {
        const struct progress_entity *entity = &progress->entities[i];
        int64_t arrived =
            is_sent(entity) ? progress_settled(entity) - entity->failed - entity->skipped : entity->staged;

        text_printf(out,
                    "  %-26s %11" PRId64 " %8" PRId64 " %8" PRId64 " %13" PRId64 " %12" PRId64 " %9" PRId64
                    " %10" PRId64 "%s\n",
                    entity_facts(entity->entity)->plural, arrived, entity->failed, entity->skipped, entity->excluded,
                    entity->left_behind, entity->verified, entity->differing, is_sent(entity) ? "" : "  (matched)");
    }
}

int progress_exit_status(const struct progress *progress)
{
    if (progress->state == TRANSFER_WAITING)
        return 4;
    if (progress->state != TRANSFER_COMPLETED && progress->state != TRANSFER_REVIEW)
        return 1;
    for (int i = 0; i < progress->entity_count; i++) {
        const struct progress_entity *entity = &progress->entities[i];

        if (entity->failed || entity->skipped || entity->excluded || entity->differing)
            return 3;
    }
    return 0;
}

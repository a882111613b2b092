#include "workers/questions.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "db/question.h"
#include "model/questions.h"
#include "source/question_count.h"

enum { ROWS_A_TURN = 2000, DETAIL_MAX = 64 * 1024 };

struct open_question {
    const struct question *question;
    uint64_t rows;
};

struct questions_stage {
    struct job *job;
    const struct profile *profile;
    questions_fn *done;
    void *argument;
    struct source *source;
    struct question_count *count;
    struct loop_timer *step;
    size_t next; /* question to look at */
    struct open_question open[QUESTIONS_MAX];
    size_t open_count;
};

static void finish(struct questions_stage *stage, bool held, const struct fault *fault)
{
    question_count_close(&stage->count);
    stage->done(stage->argument, held, fault);
}

static char *detail_of(const struct question *question)
{
    struct json_writer writer;
    struct text out;

    text_init(&out, DETAIL_MAX);
    json_write_init(&writer, &out);
    json_begin_object(&writer);
    json_member_text(&writer, "section", "questions");
    json_member_text(&writer, "key", question->id);
    json_key(&writer, "choices");
    json_begin_array(&writer);
    for (size_t i = 0; i < question->choice_count; i++) {
        json_begin_object(&writer);
        json_member_text(&writer, "value", question->choices[i].value);
        json_member_text(&writer, "meaning", question->choices[i].meaning);
        if (question->choices[i].holds)
            json_member_bool(&writer, "holds", true);
        json_end_object(&writer);
    }
    json_end_array(&writer);
    json_end_object(&writer);
    return text_take(&out);
}

static void on_held(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct questions_stage *stage = argument;

    (void)rows;
    finish(stage, true, fault);
}

static void hold(struct questions_stage *stage)
{
    struct question_row rows[QUESTIONS_MAX];
    char *details[QUESTIONS_MAX];
    size_t count = stage->open_count;
    struct text reason;

    text_init(&reason, FAULT_TEXT_SIZE);
    text_printf(&reason, "%zu %s open:", count, count == 1 ? "question is" : "questions are");
    for (size_t i = 0; i < count; i++) {
        const struct question *question = stage->open[i].question;

        details[i] = detail_of(question);
        rows[i] = (struct question_row){question->id, question->ask, (int64_t)stage->open[i].rows, details[i]};
        text_printf(&reason, "%s %s", i ? "," : "", question->id);
    }
    question_hold(stage->job->db, stage->job->transfer, QUESTION_AT_EXTRACTION, rows, count, text_string(&reason),
                  on_held, stage);
    text_release(&reason);
    for (size_t i = 0; i < count; i++)
        free(details[i]);
}

/* The next question that has no answer; false when there is none. */
static bool find_unanswered(struct questions_stage *stage)
{
    const struct json *answers = json_member(stage->job->context->options, "answers");

    while (stage->next < stage->profile->questions->count &&
           question_answer_of(&stage->profile->questions->items[stage->next], answers))
        stage->next++;
    return stage->next < stage->profile->questions->count;
}

static bool take_step(struct questions_stage *stage, struct fault *fault)
{
    struct source_options options = {.encoding = stage->profile->encoding, .separator = stage->profile->separator};
    const struct question *question = &stage->profile->questions->items[stage->next];
    bool end = false;

    if (!stage->source && !source_open(stage->job->context->source, &options, &stage->source, fault))
        return false;
    if (!stage->count && !question_count_open(stage->source, stage->profile, question, &stage->count, fault))
        return false;
    if (!question_count_step(stage->count, ROWS_A_TURN, &end, fault))
        return false;
    if (end) {
        uint64_t rows = question_count_rows(stage->count);

        if (rows > 0)
            stage->open[stage->open_count++] = (struct open_question){question, rows};
        question_count_close(&stage->count);
        stage->next++;
    }
    return true;
}

static void on_step(void *argument)
{
    struct questions_stage *stage = argument;
    struct fault fault = {0};

    if (find_unanswered(stage)) {
        if (take_step(stage, &fault))
            loop_timer_start(stage->step, 0);
        else
            finish(stage, false, &fault);
    } else if (stage->open_count > 0) {
        hold(stage);
    } else {
        finish(stage, false, NULL);
    }
}

void questions_start(struct job *job, const struct profile *profile, questions_fn *done, void *argument,
                     struct questions_stage **ret)
{
    struct questions_stage *stage = x_alloc(sizeof *stage);
    struct fault fault = {0};

    *ret = stage;
    stage->job = job;
    stage->profile = profile;
    stage->done = done;
    stage->argument = argument;
    stage->step = loop_timer_new(job->loop, on_step, stage);
    if (questions_check(profile->questions, json_member(job->context->options, "answers"), &fault))
        loop_timer_start(stage->step, 0);
    else
        finish(stage, false, &fault);
}

void questions_stop(struct questions_stage **place)
{
    struct questions_stage *stage = *place;

    *place = NULL;
    if (!stage)
        return;
    db_forget(stage->job->db, stage);
    question_count_close(&stage->count);
    source_close(&stage->source);
    loop_timer_destroy(&stage->step);
    free(stage);
}

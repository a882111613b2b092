#include "cli/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "cli/command.h"
#include "db/question.h"
#include "model/questions.h"

enum { LINE_SIZE = 500, OUTPUT_MAX = 4 * 1024 * 1024, ANSWER_MS = 60000 };

static bool read_whole(const char *path, char **ret, size_t *ret_size, struct fault *fault)
{
    scoped(file_close) FILE *file = fopen(path, "rb");
    scoped(string_free) char *data = NULL;
    size_t size = 0;

    if (!file)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read the answers %s", path);
    data = x_alloc(ANSWERS_MAX + 1);
    size = fread(data, 1, ANSWERS_MAX + 1, file);
    if (ferror(file) || size > ANSWERS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "The answers %s cannot be read, or are larger than 4 MB.", path);
    *ret = x_strndup(data, size);
    *ret_size = size;
    return true;
}

bool answers_read(const char *path, const char *profile, char **ret, struct fault *fault)
{
    scoped(string_free) char *file = NULL;
    scoped(json_destroy) struct json *answers = NULL;
    scoped(json_destroy) struct json *root = NULL;
    scoped(questions_destroy) struct questions *questions = NULL;
    size_t size = 0;

    if (!read_whole(path, &file, &size, fault))
        return false;
    if (!json_parse(file, size, &answers, fault) || !json_parse(profile, strlen(profile), &root, fault) ||
        !questions_read(json_member(root, "questions"), &questions, fault) ||
        !questions_check(questions, answers, fault))
        return fault_prefix(fault, "%s", path);
    *ret = steal(file);
    return true;
}

static void on_questions(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct open_questions *questions = argument;
    int count = fault ? 0 : db_rows_count(rows);

    if (fault)
        questions->fault = *fault;
    questions->items = x_alloc_array((size_t)count + 1, sizeof questions->items[0]);
    for (int row = 0; row < count; row++) {
        struct open_question *question = &questions->items[questions->count];

        if (!json_parse(db_text(rows, row, QUESTION_DETAIL), db_size(rows, row, QUESTION_DETAIL), &question->detail,
                        &questions->fault))
            return;
        question->id = x_strdup(db_text(rows, row, QUESTION_ID));
        question->ask = x_strdup(db_text(rows, row, QUESTION_ASK));
        question->found = db_integer(rows, row, QUESTION_FOUND);
        questions->count++;
    }
}

bool open_questions_load(struct db *db, int64_t transfer, struct open_questions *ret, struct fault *fault)
{
    *ret = (struct open_questions){0};
    question_list(db, transfer, on_questions, ret);
    if (!db_wait(db, ANSWER_MS, fault)) {
        db_forget(db, ret);
        return false;
    }
    if (ret->fault.kind == FAULT_NONE)
        return true;
    *fault = ret->fault;
    return false;
}

void open_questions_release(struct open_questions *questions)
{
    for (size_t i = 0; i < questions->count; i++) {
        free(questions->items[i].id);
        free(questions->items[i].ask);
        json_destroy(&questions->items[i].detail);
    }
    free(questions->items);
    *questions = (struct open_questions){0};
}

static const char *member(const struct open_question *question, const char *name)
{
    return json_text(json_member(question->detail, name), "");
}

/* How a choice is typed: its value, or "leave" for null. */
static const char *choice_word(const struct json *choice)
{
    return json_text(json_member(choice, "value"), "leave");
}

static void print_choices(const struct open_question *question, FILE *out)
{
    const char *proposal = member(question, "proposal");
    int number = 1;

    for (const struct json *choice = json_first(json_member(question->detail, "choices")); choice;
         choice = json_next(choice), number++)
        fprintf(out, "  %2d  %s: %s%s%s\n", number, choice_word(choice), json_text(json_member(choice, "meaning"), ""),
                json_bool(json_member(choice, "holds"), false) ? " (the transfer waits until that is settled)" : "",
                proposal[0] && strcmp(proposal, choice_word(choice)) == 0 ? "  <- proposed by its name" : "");
}

static void print_question(const struct open_question *question, FILE *out)
{
    fprintf(out, "%s\n", question->ask);
    if (question->found > 0)
        fprintf(out, "  It decides about %" PRId64 " row%s of the source.\n", question->found,
                question->found == 1 ? "" : "s");
    print_choices(question, out);
}

void open_questions_print(const struct open_questions *questions, FILE *out)
{
    for (size_t i = 0; i < questions->count; i++) {
        fprintf(out, "%s%s.%s\n", i ? "\n" : "", member(&questions->items[i], "section"),
                member(&questions->items[i], "key"));
        print_question(&questions->items[i], out);
    }
}

void open_questions_print_json(const struct open_questions *questions, FILE *out)
{
    for (size_t i = 0; i < questions->count; i++) {
        const struct open_question *question = &questions->items[i];
        struct json_writer writer;
        struct text line;

        text_init(&line, OUTPUT_MAX);
        json_write_init(&writer, &line);
        json_begin_object(&writer);
        json_member_text(&writer, "id", question->id);
        json_member_text(&writer, "ask", question->ask);
        json_member_integer(&writer, "found", question->found);
        for (const struct json *part = json_first(question->detail); part; part = json_next(part)) {
            json_key(&writer, json_name(part));
            json_put_value(&writer, part);
        }
        json_end_object(&writer);
        fprintf(out, "%s\n", text_string(&line));
        text_release(&line);
    }
}

/* Writes {"section": {"key": value, …}, …}; the value of each question comes from `put`, which may leave it out. */
static void put_answers(const struct open_questions *questions, struct text *out,
                        bool (*put)(void *argument, size_t index, struct json_writer *writer), void *argument)
{
    static const char *const sections[] = {"questions", "practitioner", "business"};
    struct json_writer writer;

    json_write_init(&writer, out);
    json_begin_object(&writer);
    for (size_t section = 0; section < array_length(sections); section++) {
        json_key(&writer, sections[section]);
        json_begin_object(&writer);
        for (size_t i = 0; i < questions->count; i++)
            if (strcmp(member(&questions->items[i], "section"), sections[section]) == 0)
                put(argument, i, &writer);
        json_end_object(&writer);
    }
    json_end_object(&writer);
}

static bool put_proposal(void *argument, size_t index, struct json_writer *writer)
{
    const struct open_questions *questions = argument;
    const struct open_question *question = &questions->items[index];

    json_member_text(writer, member(question, "key"), member(question, "proposal"));
    return true;
}

bool open_questions_write(const struct open_questions *questions, const char *path, struct fault *fault)
{
    struct open_questions copy = *questions;
    scoped(file_close) FILE *file = fopen(path, "wbx");
    struct text out;
    bool written = false;

    if (!file)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot make the file %s for the answers", path);
    text_init(&out, OUTPUT_MAX);
    put_answers(&copy, &out, put_proposal, &copy);
    written = fprintf(file, "%s\n", text_string(&out)) > 0 && fflush(file) == 0;
    text_release(&out);
    return written || fault_errno(fault, FAULT_BAD_INPUT, "cannot write %s", path);
}

static const struct json *find_choice(const struct open_question *question, const char *word)
{
    int64_t number = 0;
    int64_t at = 1;
    struct fault ignored;
    bool is_number = number_parse(slice_of(word), 1, 1000, &number, &ignored);

    for (const struct json *choice = json_first(json_member(question->detail, "choices")); choice;
         choice = json_next(choice), at++)
        if (strcmp(choice_word(choice), word) == 0 || (is_number && at == number))
            return choice;
    return NULL;
}

/* NULL when the question is left open; *ret_end at the end of the input. */
static const struct json *ask(const struct open_question *question, FILE *in, FILE *out, bool *ret_end)
{
    const char *proposal = member(question, "proposal");
    char line[LINE_SIZE];

    fprintf(out, "\n");
    print_question(question, out);
    for (;;) {
        const struct json *choice = NULL;

        fprintf(out, "Your choice (number%s, ? to leave it open): ", proposal[0] ? ", Enter for the proposal" : "");
        fflush(out);
        if (!fgets(line, sizeof line, in)) {
            *ret_end = true;
            return NULL;
        }
        line[strcspn(line, "\r\n")] = '\0';
        if (strcmp(line, "?") == 0)
            return NULL;
        choice = find_choice(question, line[0] ? line : proposal);
        if (choice)
            return choice;
        fprintf(out, "That is none of the choices.\n");
    }
}

struct asked {
    const struct json **choices;
    const struct open_questions *questions;
};

static bool put_choice(void *argument, size_t index, struct json_writer *writer)
{
    const struct asked *asked = argument;

    if (!asked->choices[index])
        return false;
    json_member_text(writer, member(&asked->questions->items[index], "key"),
                     json_text(json_member(asked->choices[index], "value"), NULL));
    return true;
}

size_t open_questions_ask(const struct open_questions *questions, FILE *in, FILE *out, struct text *answers)
{
    struct asked asked = {.choices = x_alloc_array(questions->count + 1, sizeof asked.choices[0]),
                          .questions = questions};
    size_t answered = 0;
    bool end = false;

    for (size_t i = 0; i < questions->count && !end; i++) {
        asked.choices[i] = ask(&questions->items[i], in, out, &end);
        answered += asked.choices[i] != NULL;
    }
    put_answers(questions, answers, put_choice, &asked);
    free(asked.choices);
    return answered;
}

bool answers_give(struct db *db, int64_t transfer, const char *answers, struct fault *fault)
{
    struct reply reply = {0};

    question_answer(db, transfer, answers, reply_take, &reply);
    if (!reply_wait(db, &reply, fault))
        return false;
    return reply.has_row || fault_set(fault, FAULT_REFUSED, "transfer %" PRId64 " has no open question", transfer);
}

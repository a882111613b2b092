#include "model/questions.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/shape.h"

enum { LIST_MAX = 300 };

static bool number_column(void *context, const char *join, const char *name, size_t *ret, struct fault *fault)
{
    struct question *question = context;

    if (join)
        return fault_set(fault, FAULT_BAD_INPUT, "join '%.40s': a question has no joins", join);
    for (size_t i = 0; i < question->about_column_count; i++) {
        if (strcmp(question->about_columns[i], name) == 0) {
            *ret = i;
            return true;
        }
    }
    if (question->about_column_count == QUESTION_COLUMNS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "more than %d columns in one question", QUESTION_COLUMNS_MAX);
    *ret = question->about_column_count;
    question->about_columns[question->about_column_count++] = x_strdup(name);
    return true;
}

static bool need_text(const struct json *object, const char *where, const char *name, char **ret, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, name);
    const char *text = NULL;

    if (!shape_text(json_member(object, name), path, &text, fault))
        return false;
    if (text[0] == '\0')
        return fault_set(fault, FAULT_BAD_INPUT, "%s: empty", path);
    *ret = x_strdup(text);
    return true;
}

static struct question_choice *find_choice(struct question *question, const char *value)
{
    for (size_t i = 0; i < question->choice_count; i++)
        if (strcmp(question->choices[i].value, value) == 0)
            return &question->choices[i];
    return NULL;
}

static bool read_choices(const struct json *choices, const char *where, struct question *question, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "choices");

    if (!json_is_object(choices) || json_count(choices) < 2)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: not an object of at least two choices", path);
    if (json_count(choices) > QUESTION_CHOICES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: more than %d choices", path, QUESTION_CHOICES_MAX);
    for (const struct json *choice = json_first(choices); choice; choice = json_next(choice)) {
        scoped(string_free) char *member = path_member(path, json_name(choice));
        const char *meaning = NULL;

        if (find_choice(question, json_name(choice)))
            return fault_set(fault, FAULT_BAD_INPUT, "%s: the choice is there twice", member);
        if (!shape_text(choice, member, &meaning, fault))
            return false;
        question->choices[question->choice_count++] =
            (struct question_choice){.value = x_strdup(json_name(choice)), .meaning = x_strdup(meaning)};
    }
    return true;
}

static bool read_holds(const struct json *holds, const char *where, struct question *question, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "holds");
    char **values = NULL;
    bool good = true;

    if (!holds)
        return true;
    if (!shape_texts(holds, path, &values, fault))
        return false;
    for (size_t i = 0; values[i] && good; i++) {
        struct question_choice *choice = find_choice(question, values[i]);

        if (choice)
            choice->holds = true;
        else
            good = fault_set(fault, FAULT_BAD_INPUT, "%s: '%.40s' is none of the choices", path, values[i]);
    }
    texts_free(&values);
    return good;
}

static bool read_fallback(const struct json *json, const char *where, struct question *question, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "default");
    const struct question_choice *choice = NULL;

    if (!shape_optional_text(json_member(json, "default"), path, &question->fallback, fault))
        return false;
    if (!question->fallback)
        return true;
    choice = find_choice(question, question->fallback);
    if (!choice || choice->holds)
        return fault_set(fault, FAULT_BAD_INPUT, "%s: '%.40s' is none of the choices that let the transfer go on", path,
                         question->fallback);
    return true;
}

static bool read_about(const struct json *about, const char *where, struct question *question, struct fault *fault)
{
    scoped(string_free) char *path = path_member(where, "about");
    scoped(string_free) char *when = path_member(path, "when");
    struct expression_reader reader = {.number = number_column, .context = question};

    if (!about)
        return true;
    return shape_object(about, path, "table when", fault) &&
           need_text(about, path, "table", &question->about_table, fault) &&
           (!json_member(about, "when") ||
            condition_read(json_member(about, "when"), when, &reader, &question->about, fault));
}

static bool read_question(const struct json *json, const char *where, struct question *question, struct fault *fault)
{
    question->id = x_strdup(json_name(json));
    return shape_object(json, where, "ask choices holds default about", fault) &&
           need_text(json, where, "ask", &question->ask, fault) &&
           read_choices(json_member(json, "choices"), where, question, fault) &&
           read_holds(json_member(json, "holds"), where, question, fault) &&
           read_fallback(json, where, question, fault) &&
           read_about(json_member(json, "about"), where, question, fault);
}

bool questions_read(const struct json *json, struct questions **ret, struct fault *fault)
{
    scoped(questions_destroy) struct questions *questions = x_alloc(sizeof *questions);

    if (json && !json_is_object(json))
        return fault_set(fault, FAULT_BAD_INPUT, "questions: not an object");
    if (json_count(json) > QUESTIONS_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "questions: more than %d", QUESTIONS_MAX);
    for (const struct json *item = json_first(json); item; item = json_next(item)) {
        scoped(string_free) char *where = path_member("questions", json_name(item));

        if (questions_find(questions, json_name(item)))
            return fault_set(fault, FAULT_BAD_INPUT, "%s: the question is there twice", where);
        questions->count++;
        if (!read_question(item, where, &questions->items[questions->count - 1], fault))
            return false;
    }
    *ret = steal(questions);
    return true;
}

void questions_destroy(struct questions **place)
{
    struct questions *questions = *place;

    *place = NULL;
    if (!questions)
        return;
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = &questions->items[i];

        free(question->id);
        free(question->ask);
        free(question->fallback);
        free(question->about_table);
        condition_destroy(&question->about);
        for (size_t k = 0; k < question->choice_count; k++) {
            free(question->choices[k].value);
            free(question->choices[k].meaning);
        }
        for (size_t k = 0; k < question->about_column_count; k++)
            free(question->about_columns[k]);
    }
    free(questions);
}

const struct question *questions_find(const struct questions *questions, const char *id)
{
    for (size_t i = 0; i < questions->count; i++)
        if (strcmp(questions->items[i].id, id) == 0)
            return &questions->items[i];
    return NULL;
}

static const struct question_choice *choice_of(const struct question *question, const char *value)
{
    for (size_t i = 0; i < question->choice_count; i++)
        if (strcmp(question->choices[i].value, value) == 0)
            return &question->choices[i];
    return NULL;
}

const char *question_answer_of(const struct question *question, const struct json *answers)
{
    const char *answer = json_text(json_member(json_member(answers, "questions"), question->id), NULL);
    const struct question_choice *choice = answer ? choice_of(question, answer) : NULL;

    if (!answer)
        return question->fallback;
    return choice && !choice->holds ? choice->value : NULL;
}

static bool fault_unknown(const struct questions *questions, const char *id, struct fault *fault)
{
    struct text known;

    text_init(&known, LIST_MAX);
    for (size_t i = 0; i < questions->count; i++)
        text_printf(&known, " %s", questions->items[i].id);
    fault_set(fault, FAULT_BAD_INPUT, "questions.%.60s: the profile asks no such question; it asks:%s", id,
              known.size ? text_string(&known) : " nothing");
    text_release(&known);
    return false;
}

static bool check_answer(const struct question *question, const struct json *answer, struct fault *fault)
{
    struct text known;

    if (json_is_text(answer) && choice_of(question, json_text(answer, "")))
        return true;
    text_init(&known, LIST_MAX);
    for (size_t i = 0; i < question->choice_count; i++)
        text_printf(&known, "%s%s", i ? ", " : "", question->choices[i].value);
    fault_set(fault, FAULT_BAD_INPUT, "questions.%.60s: '%.40s' is none of %s", question->id,
              json_text(answer, "(no text)"), text_string(&known));
    text_release(&known);
    return false;
}

/* Practitioners and locations: an id or a name in Cliniko, or null to leave behind. */
static bool check_stand_ins(const struct json *section, struct fault *fault)
{
    for (const struct json *answer = json_first(section); answer; answer = json_next(answer))
        if (!json_is_text(answer) && !json_is_null(answer))
            return fault_set(fault, FAULT_BAD_INPUT,
                             "%.60s.%.60s: neither a text (an id or a name in Cliniko) nor null (leave behind)",
                             json_name(section), json_name(answer));
    return true;
}

bool questions_check(const struct questions *questions, const struct json *answers, struct fault *fault)
{
    const struct json *given = json_member(answers, "questions");

    if (!answers)
        return true;
    if (!json_is_object(answers))
        return fault_set(fault, FAULT_BAD_INPUT, "the answers are not a JSON object");
    for (const struct json *section = json_first(answers); section; section = json_next(section)) {
        const char *name = json_name(section);

        if (strcmp(name, "questions") != 0 && strcmp(name, "practitioner") != 0 && strcmp(name, "business") != 0)
            return fault_set(fault, FAULT_BAD_INPUT,
                             "%.60s: no such section; there are questions, practitioner and business", name);
        if (!json_is_object(section))
            return fault_set(fault, FAULT_BAD_INPUT, "%.60s: not an object", name);
        if (section != given && !check_stand_ins(section, fault))
            return false;
    }
    for (const struct json *answer = json_first(given); answer; answer = json_next(answer)) {
        const struct question *question = questions_find(questions, json_name(answer));

        if (!question)
            return fault_unknown(questions, json_name(answer), fault);
        if (!check_answer(question, answer, fault))
            return false;
    }
    return true;
}

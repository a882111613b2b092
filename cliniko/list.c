#include "cliniko/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cliniko/path.h"

struct cliniko_list {
    struct cliniko *client;
    struct cliniko_list_request request; /* without its path */
    cliniko_page_fn *page;
    cliniko_end_fn *end;
    void *argument;
    struct text path; /* of the page at hand */
    struct cliniko_call *call;
    struct loop_timer *pause;
    int attempt;
    int pages;
};

static void list_free(struct cliniko_list *list)
{
    cliniko_cancel(&list->call);
    loop_timer_destroy(&list->pause);
    text_release(&list->path);
    free(list);
}

static void list_end(struct cliniko_list *list, const struct fault *fault)
{
    cliniko_end_fn *end = list->end;
    void *argument = list->argument;

    list_free(list);
    end(argument, fault);
}

static void ask(void *argument);

/* Takes the path of the next page out of links.next: below our own base URL, or not at all. An empty path is the end.
 */
static bool next_path(struct cliniko_list *list, const struct json *body, struct fault *fault)
{
    const char *next = json_text(json_member(json_member(body, "links"), "next"), "");
    const char *base = cliniko_base_url(list->client);
    size_t base_size = strlen(base);

    text_clear(&list->path);
    if (!next[0])
        return true;
    if (strncmp(next, base, base_size) != 0 || next[base_size] != '/' || strpbrk(next, " \t\r\n#\\"))
        return fault_set(fault, FAULT_REFUSED,
                         "Cliniko's next page (%s) is not below %s: it is not asked for, since the "
                         "key would go with it",
                         list->request.action, base);
    text_puts(&list->path, next + base_size);
    if (list->path.overflowed || ++list->pages >= LIST_PAGES_MAX)
        return fault_set(fault, FAULT_REFUSED, "Cliniko's list (%s) does not end", list->request.action);
    return true;
}

static void on_page(struct cliniko_list *list, const struct json *body)
{
    const struct json *objects = json_member(body, list->request.array);
    double total = json_number(json_member(body, "total_entries"), 0);
    bool more = false;
    struct fault fault;

    if (!json_is_array(objects)) {
        fault_set(&fault, FAULT_REFUSED, "Cliniko's answer has no list '%s' (%s)", list->request.array,
                  list->request.action);
        list_end(list, &fault);
        return;
    }
    more = list->page(list->argument, objects, total >= 0 && total < 1e15 ? (int64_t)total : 0);
    if (more && !next_path(list, body, &fault)) {
        list_end(list, &fault);
        return;
    }
    if (!more || list->path.size == 0) {
        list_end(list, NULL);
        return;
    }
    list->attempt = 0;
    ask(list);
}

static void on_answer(void *argument, const struct cliniko_answer *answer, const struct fault *fault)
{
    struct cliniko_list *list = argument;
    int64_t pause_ms = 0;

    list->call = NULL;
    if (!fault) {
        on_page(list, answer->json);
        return;
    }
    if (fault->kind != FAULT_RETRY || list->attempt >= list->request.attempts) {
        list_end(list, fault);
        return;
    }
    pause_ms = fault->retry_after_ms;
    if (pause_ms == 0)
        pause_ms = cliniko_backoff_ms(list->attempt, cliniko_jitter());
    loop_timer_start(list->pause, pause_ms);
}

static void ask(void *argument)
{
    struct cliniko_list *list = argument;
    struct cliniko_request request = {
        .method = HTTP_GET,
        .effect = CLINIKO_REPEATABLE,
        .path = text_string(&list->path),
        .action = list->request.action,
        .not_after_ms = list->request.not_after_ms,
    };

    list->attempt++;
    list->call = cliniko_send(list->client, &request, on_answer, list);
}

struct cliniko_list *cliniko_list_start(struct cliniko *client, const struct cliniko_list_request *request,
                                        cliniko_page_fn *page, cliniko_end_fn *end, void *argument)
{
    struct cliniko_list *list = x_alloc(sizeof *list);

    *list =
        (struct cliniko_list){.client = client, .request = *request, .page = page, .end = end, .argument = argument};
    list->request.path = NULL;
    list->pause = loop_timer_new(cliniko_loop(client), ask, list);
    text_init(&list->path, PATH_SIZE_MAX);
    text_puts(&list->path, request->path);
    path_put_parameter(&list->path, "per_page", "100");
    ask(list);
    return list;
}

void cliniko_list_cancel(struct cliniko_list **list)
{
    if (*list)
        list_free(*list);
    *list = NULL;
}

#include "cliniko/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"
#include "cliniko/wire.h"

enum {
    CONNECT_TIMEOUT_MS = 10000,
    TOTAL_TIMEOUT_MS = 60000,
    CONNECTIONS_PER_HOST = 256,
    CONNECTION_IDLE_S = 50, /* front ends close idle connections after 60 s or more: be the first */
    RECEIVE_BUFFER = 16 * 1024,
    SEND_BUFFER = 16 * 1024,
    FILE_BUFFER = 128 * 1024,   /* for a form with a file */
    POOL_MAX = 256,             /* idle easy handles */
    BODY_ROOM_KEPT = 64 * 1024, /* an answer's memory is kept for the next one up to this */
};

struct http_exchange {
    struct http *http;
    CURL *easy;
    struct exchange_list *list; /* the one that it is in, or NULL */
    struct http_exchange *before;
    struct http_exchange *after;
    bool finished; /* in the list of finished ones, else in that of those under way */
    CURLcode result;
    http_done_fn *done;
    void *argument;
    bool repeatable;
    bool begun;   /* a connection was ready and sending began */
    bool refused; /* a second sending was refused by on_begin */
    bool late;    /* the first one was: its time was over */
    int64_t not_after_ms;
    size_t header_bytes;
    struct text body;
    curl_mime *form;
    http_read_fn *read;
    void *read_argument;
    char type[80];
    char date[40];
    char reset[24];
    char etag[80];
    char encryption[24];
    char error[CURL_ERROR_SIZE];
};

struct exchange_list {
    struct http_exchange *first;
    struct http_exchange *last;
    int count;
};

struct http {
    struct wire *wire;
    struct http_settings settings;
    char *ca_file;
    struct exchange_list under_way;
    struct exchange_list finished;
    struct exchange_list pool;
    bool closing;
};

struct http_headers {
    struct curl_slist *list;
};

/* ---- lists of exchanges: each is in exactly one ---- */

static void list_push(struct exchange_list *list, struct http_exchange *exchange)
{
    exchange->list = list;
    exchange->before = list->last;
    exchange->after = NULL;
    if (list->last)
        list->last->after = exchange;
    else
        list->first = exchange;
    list->last = exchange;
    list->count++;
}

static void list_remove(struct http_exchange *exchange)
{
    struct exchange_list *list = exchange->list;

    if (!list)
        return;
    if (exchange->before)
        exchange->before->after = exchange->after;
    else
        list->first = exchange->after;
    if (exchange->after)
        exchange->after->before = exchange->before;
    else
        list->last = exchange->before;
    list->count--;
    exchange->list = NULL;
}

/* Takes the first one out; NULL when there is none. */
static struct http_exchange *list_pop(struct exchange_list *list)
{
    struct http_exchange *exchange = list->first;

    if (!exchange)
        return NULL;
    list->first = exchange->after;
    if (list->first)
        list->first->before = NULL;
    else
        list->last = NULL;
    list->count--;
    exchange->list = NULL;
    return exchange;
}

/* ---- headers of requests ---- */

struct http_headers *http_headers_new(void)
{
    struct http_headers *headers = x_alloc(sizeof *headers);

    /* curl would ask large bodies for "100 Continue" first, which costs a round trip. */
    headers->list = curl_slist_append(NULL, "Expect:");
    must(headers->list);
    return headers;
}

void http_headers_add(struct http_headers *headers, const char *name, const char *value)
{
    char *line = x_sprintf("%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(headers->list, line);

    must(longer && !strpbrk(line, "\r\n"));
    headers->list = longer;
    explicit_bzero(line, strlen(line));
    free(line);
}

void http_headers_destroy(struct http_headers **headers)
{
    if (!*headers)
        return;
    for (struct curl_slist *line = (*headers)->list; line; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all((*headers)->list);
    free(*headers);
    *headers = NULL;
}

/* ---- what comes in ---- */

static size_t on_body(char *data, size_t size, size_t count, void *argument)
{
    struct http_exchange *exchange = argument;

    text_put(&exchange->body, data, size * count);
    return exchange->body.overflowed ? 0 : size * count;
}

static void keep_header(struct slice line, const char *name, char *place, size_t place_size)
{
    size_t name_size = strlen(name);
    struct slice value;

    if (line.size <= name_size || line.data[name_size] != ':' || strncasecmp(line.data, name, name_size) != 0)
        return;
    value = slice_trim((struct slice){line.data + name_size + 1, line.size - name_size - 1});
    if (value.size >= place_size)
        return;
    memcpy(place, value.data, value.size);
    place[value.size] = '\0';
}

static void forget_headers(struct http_exchange *exchange)
{
    exchange->type[0] = exchange->date[0] = exchange->reset[0] = exchange->etag[0] = exchange->encryption[0] = '\0';
}

static size_t on_header(char *data, size_t size, size_t count, void *argument)
{
    struct http_exchange *exchange = argument;
    struct slice line = {data, size * count};

    exchange->header_bytes += line.size;
    if (exchange->header_bytes > HTTP_HEADERS_MAX)
        return 0;
    if (line.size > 5 && strncmp(line.data, "HTTP/", 5) == 0)
        forget_headers(exchange);
    keep_header(line, "Content-Type", exchange->type, sizeof exchange->type);
    keep_header(line, "Date", exchange->date, sizeof exchange->date);
    keep_header(line, "X-RateLimit-Reset", exchange->reset, sizeof exchange->reset);
    keep_header(line, "ETag", exchange->etag, sizeof exchange->etag);
    keep_header(line, "x-amz-server-side-encryption", exchange->encryption, sizeof exchange->encryption);
    return line.size;
}

static bool has_left(const struct http_exchange *exchange)
{
    long bytes = 0;

    must(curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK);
    return bytes > 0;
}

/* Called before each sending, when the connection stands. A process that was stopped, or that waited for a slow
 * connection, must not send under a lease that has ended meanwhile. When a reused connection dies without an answer,
 * curl sends the request again by itself: for something that must not happen twice that is refused. */
static int on_begin(void *argument, char *remote_address, char *local_address, int remote_port, int local_port)
{
    struct http_exchange *exchange = argument;

    (void)remote_address;
    (void)local_address;
    (void)remote_port;
    (void)local_port;
    if (exchange->begun && !exchange->repeatable && has_left(exchange)) {
        exchange->refused = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (exchange->not_after_ms && clock_monotonic_ms() > exchange->not_after_ms) {
        exchange->late = true;
        return CURL_PREREQFUNC_ABORT;
    }
    exchange->begun = true;
    return CURL_PREREQFUNC_OK;
}

/* ---- the ends ---- */

#define SET(easy, option, value) must(curl_easy_setopt(easy, option, value) == CURLE_OK)

static void recycle(struct http_exchange *exchange)
{
    struct http *http = exchange->http;

    if (exchange->form) {
        SET(exchange->easy, CURLOPT_MIMEPOST, NULL);
        curl_mime_free(exchange->form);
        exchange->form = NULL;
    }
    text_clear(&exchange->body);
    if (exchange->body.room > BODY_ROOM_KEPT)
        text_release(&exchange->body);
    if (http->pool.count < POOL_MAX && !http->closing) {
        list_push(&http->pool, exchange);
        return;
    }
    text_release(&exchange->body);
    curl_easy_cleanup(exchange->easy);
    free(exchange);
}

static const char *problem_text(const struct http_exchange *exchange)
{
    if (exchange->late)
        return "the connection took longer than the time to send it";
    if (exchange->refused)
        return "the connection was closed before an answer came";
    if (exchange->body.overflowed)
        return "the answer is larger than 16 MiB";
    if (exchange->header_bytes > HTTP_HEADERS_MAX)
        return "the answer's headers are larger than 64 KiB";
    return exchange->error[0] ? exchange->error : curl_easy_strerror(exchange->result);
}

static void deliver_one(struct http_exchange *exchange)
{
    bool answered = exchange->result == CURLE_OK;
    long status = 0;
    struct http_answer answer = {
        .end = answered                                  ? HTTP_ANSWERED
               : has_left(exchange) || exchange->refused ? HTTP_LOST
                                                         : HTTP_NOT_SENT,
        .body = text_slice(&exchange->body),
        .type = slice_of(exchange->type),
        .date = slice_of(exchange->date),
        .reset = slice_of(exchange->reset),
        .etag = slice_of(exchange->etag),
        .encryption = slice_of(exchange->encryption),
        .problem = answered ? "" : problem_text(exchange),
        .timed_out = exchange->result == CURLE_OPERATION_TIMEDOUT,
    };

    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    if (answer.end != HTTP_NOT_SENT)
        answer.status = (int)status;
    exchange->done(exchange->argument, &answer);
    recycle(exchange);
}

static void on_end(void *argument, CURL *easy, CURLcode result)
{
    struct http *http = argument;
    struct http_exchange *exchange = NULL;

    must(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange) == CURLE_OK);
    exchange->result = result;
    exchange->finished = true;
    list_remove(exchange);
    list_push(&http->finished, exchange);
}

static void deliver(void *argument)
{
    struct http *http = argument;
    struct http_exchange *exchange = NULL;

    while ((exchange = list_pop(&http->finished)))
        deliver_one(exchange);
}

/* ---- requests ---- */

static void set_transport(CURL *easy, const struct http *http)
{
    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (http->ca_file)
        SET(easy, CURLOPT_CAINFO, http->ca_file);
    SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
    SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(easy, CURLOPT_PROXY, "");
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_TCP_NODELAY, 1L);
    SET(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
    SET(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_S);
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http->settings.connect_timeout_ms);
}

static void set_hooks(struct http_exchange *exchange)
{
    CURL *easy = exchange->easy;

    SET(easy, CURLOPT_PRIVATE, exchange);
    SET(easy, CURLOPT_ERRORBUFFER, exchange->error);
    SET(easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(easy, CURLOPT_WRITEDATA, exchange);
    SET(easy, CURLOPT_HEADERFUNCTION, on_header);
    SET(easy, CURLOPT_HEADERDATA, exchange);
    SET(easy, CURLOPT_PREREQFUNCTION, on_begin);
    SET(easy, CURLOPT_PREREQDATA, exchange);
    wire_prepare(exchange->http->wire, easy);
}

static struct http_exchange *exchange_take(struct http *http)
{
    struct http_exchange *exchange = http->pool.last; /* the last one used is still in the processor's cache */

    if (exchange) {
        list_remove(exchange);
        return exchange;
    }
    exchange = x_alloc(sizeof *exchange);
    exchange->http = http;
    exchange->easy = curl_easy_init();
    must(exchange->easy);
    text_init(&exchange->body, HTTP_BODY_MAX);
    set_transport(exchange->easy, http);
    set_hooks(exchange);
    return exchange;
}

static size_t on_read(char *buffer, size_t size, size_t count, void *argument)
{
    struct http_exchange *exchange = argument;
    size_t read = 0;

    return exchange->read(exchange->read_argument, buffer, size * count, &read) ? read : CURL_READFUNC_ABORT;
}

static void set_form(struct http_exchange *exchange, const struct http_form *form)
{
    curl_mimepart *part = NULL;

    exchange->form = curl_mime_init(exchange->easy);
    exchange->read = form->read;
    exchange->read_argument = form->argument;
    must(exchange->form);
    for (size_t i = 0; i < form->field_count; i++) {
        part = curl_mime_addpart(exchange->form);
        must(part && curl_mime_name(part, form->fields[i].name) == CURLE_OK &&
             curl_mime_data(part, form->fields[i].value, CURL_ZERO_TERMINATED) == CURLE_OK);
    }
    part = curl_mime_addpart(exchange->form);
    must(part && curl_mime_name(part, "file") == CURLE_OK && curl_mime_filename(part, form->file_name) == CURLE_OK &&
         curl_mime_type(part, form->content_type) == CURLE_OK &&
         curl_mime_data_cb(part, (curl_off_t)form->size_bytes, on_read, NULL, NULL, exchange) == CURLE_OK);
    SET(exchange->easy, CURLOPT_MIMEPOST, exchange->form);
}

static void set_limits(CURL *easy, const struct http *http, const struct http_request *request)
{
    SET(easy, CURLOPT_TIMEOUT_MS, request->stall_s ? 0L : (long)http->settings.total_timeout_ms);
    SET(easy, CURLOPT_LOW_SPEED_TIME, (long)request->stall_s);
    SET(easy, CURLOPT_LOW_SPEED_LIMIT, request->stall_s ? (long)HTTP_STALL_BYTES : 0L);
    SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, request->form ? (long)FILE_BUFFER : (long)SEND_BUFFER);
}

static void set_request(struct http_exchange *exchange, const struct http_request *request)
{
    CURL *easy = exchange->easy;

    set_limits(easy, exchange->http, request);
    SET(easy, CURLOPT_URL, request->url);
    SET(easy, CURLOPT_HTTPHEADER, request->headers ? request->headers->list : NULL);
    SET(easy, CURLOPT_CUSTOMREQUEST, request->method == HTTP_PATCH ? "PATCH" : NULL);
    if (request->method == HTTP_GET) {
        SET(easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    if (request->form) {
        set_form(exchange, request->form);
        return;
    }
    SET(easy, CURLOPT_POST, 1L);
    SET(easy, CURLOPT_POSTFIELDS, request->body.size ? request->body.data : "");
    SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
}

struct http_exchange *http_send(struct http *http, const struct http_request *request, http_done_fn *done,
                                void *argument)
{
    struct http_exchange *exchange = exchange_take(http);

    exchange->done = done;
    exchange->argument = argument;
    exchange->repeatable = request->repeatable && !request->form;
    exchange->begun = exchange->refused = exchange->late = exchange->finished = false;
    exchange->not_after_ms = request->not_after_ms;
    exchange->result = CURLE_OK;
    exchange->header_bytes = 0;
    exchange->error[0] = '\0';
    forget_headers(exchange);
    set_request(exchange, request);
    list_push(&http->under_way, exchange);
    wire_start(http->wire, exchange->easy);
    return exchange;
}

void http_cancel(struct http_exchange **place)
{
    struct http_exchange *exchange = *place;

    *place = NULL;
    if (!exchange)
        return;
    if (exchange->finished) {
        list_remove(exchange);
    } else {
        list_remove(exchange);
        wire_remove(exchange->http->wire, exchange->easy);
    }
    recycle(exchange);
}

int http_under_way(const struct http *http)
{
    return http->under_way.count + http->finished.count;
}

/* ---- opening and closing ---- */

static bool check_ca_file(const char *name, struct fault *fault)
{
    scoped(file_close) FILE *file = fopen(name, "re");
    char line[256];

    if (!file)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read the CA file %s", name);
    while (fgets(line, sizeof line, file))
        if (strstr(line, "-----BEGIN CERTIFICATE-----"))
            return true;
    return fault_set(fault, FAULT_BAD_INPUT, "the CA file %s holds no certificate in PEM form", name);
}

bool http_open(struct loop *loop, const struct http_settings *settings, struct http **ret, struct fault *fault)
{
    const char *ca_file = settings->ca_file && settings->ca_file[0] ? settings->ca_file : NULL;
    struct http *http = NULL;

    if (ca_file && !check_ca_file(ca_file, fault))
        return false;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fault_set(fault, FAULT_INTERNAL, "cannot start libcurl");
    http = x_alloc(sizeof *http);
    http->ca_file = x_strdup(ca_file);
    http->settings = (struct http_settings){
        .connect_timeout_ms = settings->connect_timeout_ms ? settings->connect_timeout_ms : CONNECT_TIMEOUT_MS,
        .total_timeout_ms = settings->total_timeout_ms ? settings->total_timeout_ms : TOTAL_TIMEOUT_MS,
        .connections_per_host = settings->connections_per_host ? settings->connections_per_host : CONNECTIONS_PER_HOST,
    };
    http->wire = wire_open(loop, http->settings.connections_per_host, on_end, deliver, http);
    *ret = http;
    return true;
}

void http_close(struct http **place)
{
    struct http *http = *place;
    struct http_exchange *exchange = NULL;

    *place = NULL;
    if (!http)
        return;
    http->closing = true;
    while ((exchange = list_pop(&http->under_way)) || (exchange = list_pop(&http->finished)))
        http_cancel(&exchange);
    while ((exchange = list_pop(&http->pool)))
        recycle(exchange);
    wire_close(&http->wire);
    free(http->ca_file);
    free(http);
    curl_global_cleanup();
}

#include "sandbox/server.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/must.h"
#include "sandbox/delay.h"
#include "sandbox/listener.h"
#include "sandbox/s3_upload.h"
#include "sandbox/wall_clock.h"

enum {
    BODY_MAX = 4 * 1024 * 1024,
    PEM_MAX = 1024 * 1024,
    POOL_MAX = 512,        /* calls kept for reuse */
    BODY_KEPT = 64 * 1024, /* larger buffers are not */
    CONNECTIONS_MAX = 20000,
    CONNECTION_MEMORY = 16 * 1024, /* libmicrohttpd clears all of it after each request */
    IDLE_SECONDS = 300,
    MOVE_TIMER_MS = 1000,
    ROUNDS_MAX = 64, /* of work before the loop gets its turn */
};

enum call_state {
    CALL_NEW,     /* the request line is known */
    CALL_READING, /* headers are known, the body is coming */
    CALL_PAUSED,  /* nothing more of the body is taken for now; the connection is suspended */
    CALL_HELD,    /* the answer waits for its time; the connection is suspended */
    CALL_READY,   /* the answer's time has come */
    CALL_ENDED,   /* the connection is done with it; a late commit is still to come */
};

/* One request on its connection. */
struct call {
    struct server *server;
    struct MHD_Connection *connection;
    enum call_state state;
    char *target;
    struct text body;
    bool too_large;
    struct s3_upload *upload; /* takes the body; NULL for all but posts to the bucket */
    struct request request;
    struct answer answer; /* used when it cannot be sent at once */
    bool commits_late;
    char *kept[3]; /* headers, for after the connection */
    struct call *next_free;
};

struct server {
    struct loop *loop;
    struct sandbox *sandbox;
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;
    struct loop_timer *timer;
    struct delays *delays;
    struct answer answer; /* the one at hand; its memory is used again and again */
    struct call *free_calls;
    size_t free_count;
    bool closing;
    char *tls_cert;
    char *tls_key;
    char url[LISTENER_ADDRESS_SIZE + 16];
};

static struct call *call_new(struct server *server, const char *target)
{
    struct call *call = server->free_calls;

    if (call) {
        server->free_calls = call->next_free;
        server->free_count--;
    } else {
        call = x_alloc(sizeof *call);
        text_init(&call->body, BODY_MAX);
        answer_init(&call->answer);
    }
    call->server = server;
    call->state = CALL_NEW;
    call->target = x_strdup(target);
    call->too_large = false;
    call->commits_late = false;
    return call;
}

static void call_destroy(struct call *call)
{
    s3_upload_destroy(&call->upload);
    text_release(&call->body);
    answer_release(&call->answer);
    free(call);
}

static void call_free(struct call *call)
{
    struct server *server = call->server;

    string_free(&call->target);
    for (size_t i = 0; i < array_length(call->kept); i++)
        string_free(&call->kept[i]);
    answer_release(&call->answer);
    s3_upload_destroy(&call->upload);
    text_clear(&call->body);
    if (server->free_count == POOL_MAX || call->body.room > BODY_KEPT) {
        call_destroy(call);
        return;
    }
    call->next_free = server->free_calls;
    server->free_calls = call;
    server->free_count++;
}

static bool from_loopback(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    return info && address_is_loopback(info->client_addr);
}

static const char *header(struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

static void read_request(struct call *call, const char *method)
{
    call->request = (struct request){
        .method = method,
        .target = call->target,
        .scheme = call->server->tls_cert ? "https" : "http",
        .host = header(call, MHD_HTTP_HEADER_HOST),
        .authorization = header(call, MHD_HTTP_HEADER_AUTHORIZATION),
        .user_agent = header(call, MHD_HTTP_HEADER_USER_AGENT),
        .content_type = header(call, MHD_HTTP_HEADER_CONTENT_TYPE),
        .content_length = header(call, MHD_HTTP_HEADER_CONTENT_LENGTH),
        .body = text_slice(&call->body),
        .from_loopback = strncmp(call->target, "/__", 3) == 0 && from_loopback(call->connection),
    };
}

/* For a commit after the connection is gone: the request must not borrow from it. */
static void keep_request(struct call *call)
{
    static const char *const methods[] = {"POST", "PATCH", "DELETE", "GET", "PUT"};
    const char *method = call->request.method;

    call->kept[0] = x_strdup(call->request.authorization);
    call->kept[1] = x_strdup(call->request.content_type);
    call->kept[2] = x_strdup(call->request.host);
    call->request.authorization = call->kept[0];
    call->request.content_type = call->kept[1];
    call->request.host = call->kept[2];
    call->request.user_agent = NULL;
    call->request.content_length = NULL;
    for (size_t i = 0; i < array_length(methods); i++)
        if (strcmp(methods[i], method) == 0)
            call->request.method = methods[i];
}

static void commit_late(void *argument)
{
    struct call *call = argument;
    struct answer ignored;

    answer_init(&ignored);
    sandbox_finish(call->server->sandbox, &call->request, wall_clock_ms(), &ignored);
    answer_release(&ignored);
    call->commits_late = false;
    if (call->state == CALL_ENDED)
        call_free(call);
}

/* Half of a body that was announced whole. */
struct cut_body {
    size_t size;
    char data[];
};

static ssize_t read_cut(void *argument, uint64_t position, char *buffer, size_t most)
{
    const struct cut_body *body = argument;
    size_t half = body->size / 2;
    size_t size = position < half ? half - (size_t)position : 0;

    if (!size)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (size > most)
        size = most;
    memcpy(buffer, body->data + position, size);
    return (ssize_t)size;
}

static struct MHD_Response *cut_response(const struct answer *answer)
{
    struct cut_body *body = x_alloc(sizeof *body + answer->body.size);

    body->size = answer->body.size;
    memcpy(body->data, text_string(&answer->body), body->size);
    return MHD_create_response_from_callback(body->size, 4096, read_cut, body, free);
}

/* The file is gone only after a reset; then the body is empty. */
static struct MHD_Response *file_response(const struct answer *answer)
{
    int descriptor = open(answer->file, O_RDONLY | O_CLOEXEC);
    struct stat facts;

    if (descriptor >= 0 && fstat(descriptor, &facts) == 0)
        return MHD_create_response_from_fd64((uint64_t)facts.st_size, descriptor);
    descriptor_close(&descriptor);
    return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *make_response(const struct answer *answer)
{
    struct MHD_Response *response = NULL;
    char reset[32];
    char date[WALL_CLOCK_DATE_SIZE];

    if (answer->end == ANSWER_CUT)
        response = cut_response(answer);
    else if (answer->file)
        response = file_response(answer);
    else
        response = MHD_create_response_from_buffer(answer->body.size, answer->body.data, MHD_RESPMEM_MUST_COPY);
    must(response);
    wall_clock_date(date);
    MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, date);
    if (answer->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (answer->etag[0])
        MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, answer->etag);
    if (answer->reset >= 0) {
        snprintf(reset, sizeof reset, "%lld", (long long)answer->reset);
        MHD_add_response_header(response, "X-RateLimit-Reset", reset);
    }
    return response;
}

static enum MHD_Result send_answer(struct call *call, const struct answer *answer)
{
    struct MHD_Response *response = NULL;
    enum MHD_Result result = MHD_NO;

    if (answer->end == ANSWER_CLOSE)
        return MHD_NO; /* closes the connection without a byte */
    response = make_response(answer);
    result = MHD_queue_response(call->connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static void let_go(void *argument)
{
    struct call *call = argument;

    if (call->state == CALL_PAUSED) {
        call->state = CALL_READING;
        MHD_resume_connection(call->connection);
        return;
    }
    if (call->answer.finish_later)
        sandbox_finish(call->server->sandbox, &call->request, wall_clock_ms(), &call->answer);
    call->state = CALL_READY;
    MHD_resume_connection(call->connection);
}

static void hold(struct call *call)
{
    struct server *server = call->server;

    call->answer = server->answer;
    answer_init(&server->answer);
    call->state = CALL_HELD;
    MHD_suspend_connection(call->connection);
    delays_add(server->delays, call->answer.delay_ms, let_go, call);
}

static enum MHD_Result answer_or_hold(struct call *call)
{
    if (call->server->answer.delay_ms > 0 && !call->server->closing) {
        hold(call);
        return MHD_YES;
    }
    return send_answer(call, &call->server->answer);
}

/* Ends the connection as a broken one does: the peer gets a reset instead of an orderly close. */
static enum MHD_Result reset_connection(struct call *call)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    if (info)
        setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return MHD_NO;
}

static enum MHD_Result take_upload(struct call *call, const char *data, size_t *size)
{
    switch (s3_upload_feed(call->upload, data, *size, wall_clock_ms())) {
    case S3_GO_ON:
        *size = 0;
        return MHD_YES;
    case S3_PAUSE:
        if (call->server->closing)
            return MHD_NO;
        call->state = CALL_PAUSED;
        MHD_suspend_connection(call->connection);
        delays_add(call->server->delays, s3_upload_pause_ms(call->upload), let_go, call);
        return MHD_YES;
    case S3_RESET:
        break;
    }
    return reset_connection(call);
}

static enum MHD_Result serve(struct call *call, const char *method)
{
    struct server *server = call->server;

    if (call->upload) {
        s3_upload_end(call->upload, wall_clock_ms(), &server->answer);
        s3_upload_destroy(&call->upload);
        return answer_or_hold(call);
    }
    read_request(call, method);
    if (call->too_large) {
        answer_clear(&server->answer);
        answer_message(&server->answer, 413, "the body is larger than %d bytes", BODY_MAX);
        return send_answer(call, &server->answer);
    }
    sandbox_serve(server->sandbox, &call->request, wall_clock_ms(), &server->answer);
    if (server->answer.finish_ms > 0) {
        keep_request(call);
        call->commits_late = true;
        delays_add(server->delays, server->answer.finish_ms, commit_late, call);
    }
    return answer_or_hold(call);
}

static void take_body(struct call *call, const char *data, size_t size)
{
    text_put(&call->body, data, size);
    if (call->body.overflowed)
        call->too_large = true;
}

static enum MHD_Result on_request(void *argument, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *size, void **place)
{
    struct call *call = *place;

    (void)argument;
    (void)url;
    (void)version;
    call->connection = connection;
    if (call->state == CALL_READY)
        return send_answer(call, &call->answer);
    if (call->state == CALL_NEW) {
        call->state = CALL_READING;
        read_request(call, method);
        if (s3_is_upload(&call->request))
            call->upload = s3_upload_open(call->server->sandbox, &call->request, wall_clock_ms());
        return MHD_YES;
    }
    if (*size && call->upload)
        return take_upload(call, data, size);
    if (*size) {
        take_body(call, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return serve(call, method);
}

static void *on_target(void *argument, const char *target, struct MHD_Connection *connection)
{
    (void)connection;
    return call_new(argument, target);
}

static void on_completed(void *argument, struct MHD_Connection *connection, void **place,
                         enum MHD_RequestTerminationCode why)
{
    struct call *call = *place;

    (void)argument;
    (void)connection;
    (void)why;
    *place = NULL;
    if (!call)
        return;
    call->state = CALL_ENDED;
    if (!call->commits_late)
        call_free(call);
}

static void on_message(void *argument, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

static void on_message(void *argument, const char *format, va_list arguments)
{
    char text[200];

    (void)argument;
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_event(LOG_DEBUG, NULL, "http_message", "text=\"%s\"", text);
}

/* Lets libmicrohttpd work until it only waits, or others must have their turn. */
static void pump(struct server *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    bool waits = true;

    for (int round = 0; round < ROUNDS_MAX; round++) {
        MHD_run(server->daemon);
        waits = MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES;
        if (!waits || wait_ms > 0)
            break;
    }
    /* The long wait is for connections that idle too long: that timer may be late, so it is not moved each time. */
    if (!waits)
        loop_timer_stop(server->timer);
    else if (wait_ms < MOVE_TIMER_MS || !loop_timer_is_running(server->timer))
        loop_timer_start(server->timer, (int64_t)wait_ms);
}

static void on_ready(void *argument, int events)
{
    (void)events;
    pump(argument);
}

static void on_timer(void *argument)
{
    pump(argument);
}

static void after_delays(void *argument)
{
    pump(argument);
}

static bool read_pem(const char *path, char **ret, struct fault *fault)
{
    scoped(descriptor_close) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    scoped(string_free) char *data = NULL;
    ssize_t size = 0;

    if (descriptor < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot open %s", path);
    data = x_alloc(PEM_MAX + 1);
    size = read(descriptor, data, PEM_MAX);
    if (size <= 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot read %s", path);
    data[size] = '\0';
    *ret = steal(data);
    return true;
}

static bool read_tls(struct server *server, const struct server_options *options, struct fault *fault)
{
    bool cert = options->tls_cert && *options->tls_cert;
    bool key = options->tls_key && *options->tls_key;

    if (cert != key)
        return fault_set(fault, FAULT_BAD_INPUT, "--tls-cert and --tls-key belong together; one of them is missing.");
    return !cert || (read_pem(options->tls_cert, &server->tls_cert, fault) &&
                     read_pem(options->tls_key, &server->tls_key, fault));
}

static struct MHD_Daemon *start_daemon(struct server *server, int descriptor)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, server->tls_cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->tls_key},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags =
        MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_SUPPRESS_DATE_NO_CLOCK;

    if (server->tls_cert)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_message, server,
                            MHD_OPTION_LISTEN_SOCKET, descriptor, MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_ARRAY, tls,
                            MHD_OPTION_END);
}

/* Many workers with many connections each: the soft limit of 1024 descriptors is soon used up. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static bool start(struct server *server, const struct server_options *options, struct fault *fault)
{
    char address[LISTENER_ADDRESS_SIZE];
    const union MHD_DaemonInfo *info = NULL;
    int descriptor = -1;

    if (!read_tls(server, options, fault) || !delays_open(server->loop, after_delays, server, &server->delays, fault) ||
        !listener_open(options->listen, &descriptor, address, fault))
        return false;
    server->daemon = start_daemon(server, descriptor);
    if (!server->daemon) {
        close(descriptor);
        return fault_set(fault, FAULT_BAD_INPUT, "The HTTP server does not start%s.",
                         server->tls_cert ? ": certificate and key do not fit each other, or are not PEM" : "");
    }
    info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    must(info);
    server->timer = loop_timer_new(server->loop, on_timer, server);
    server->watch = loop_watch_add(server->loop, info->epoll_fd, LOOP_READ, on_ready, server);
    snprintf(server->url, sizeof server->url, "%s://%s", server->tls_cert ? "https" : "http", address);
    return true;
}

bool server_open(struct loop *loop, struct sandbox *sandbox, const struct server_options *options, struct server **ret,
                 struct fault *fault)
{
    struct server *server = x_alloc(sizeof *server);

    server->loop = loop;
    server->sandbox = sandbox;
    answer_init(&server->answer);
    raise_descriptor_limit();
    if (!start(server, options, fault)) {
        server_close(&server);
        return false;
    }
    *ret = server;
    return true;
}

/* libmicrohttpd cannot stop with suspended connections, so all held answers go out first. */
static void stop_daemon(struct server *server)
{
    server->closing = true;
    delays_flush(server->delays);
    pump(server);
    loop_watch_remove(&server->watch);
    MHD_stop_daemon(server->daemon);
    delays_flush(server->delays);
}

static void close_secret(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    string_free(text);
}

void server_close(struct server **place)
{
    struct server *server = *place;

    *place = NULL;
    if (!server)
        return;
    if (server->daemon)
        stop_daemon(server);
    loop_timer_destroy(&server->timer);
    delays_close(&server->delays);
    while (server->free_calls) {
        struct call *call = server->free_calls;

        server->free_calls = call->next_free;
        call_destroy(call);
    }
    answer_release(&server->answer);
    close_secret(&server->tls_cert);
    close_secret(&server->tls_key);
    free(server);
}

const char *server_url(const struct server *server)
{
    return server->url;
}

#include "stub_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "base/text.h"
#include "test_certificate.h"

enum { ROUTES_MAX = 40, HANGING_MAX = 80, HUGE_SIZE = 17 * 1024 * 1024 };

struct stub_server {
    struct MHD_Daemon *daemon;
    const struct stub_route *routes;
    int used[ROUTES_MAX];
    char url[64];
    int port;
    pthread_mutex_t lock;
    int connections;
    bool stopping;
    struct MHD_Connection *hanging[HANGING_MAX];
    int hanging_count;
    struct {
        char path[100];
        int count;
    } hits[ROUTES_MAX];
    char method[10];
    char agent[300];
    char authorization[1000];
    char type[100];
    char cookie[100];
    struct text query;
    struct text body;
    char *kept; /* what was given out by the accessors */
};

struct upload {
    struct text body;
    bool hung;
};

static void note_hit(struct stub_server *server, const char *path)
{
    int i = 0;

    while (i < ROUTES_MAX - 1 && server->hits[i].count && strcmp(server->hits[i].path, path) != 0)
        i++;
    snprintf(server->hits[i].path, sizeof server->hits[i].path, "%s", path);
    server->hits[i].count++;
}

static enum MHD_Result put_argument(void *argument, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    text_printf(argument, "%s%s=%s", ((struct text *)argument)->size ? "&" : "", name, value ? value : "");
    return MHD_YES;
}

static void note_header(struct MHD_Connection *connection, const char *name, char *place, size_t size)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

    snprintf(place, size, "%s", value ? value : "");
}

static void note_request(struct stub_server *server, struct MHD_Connection *connection, const char *path,
                         const char *method, const struct upload *upload)
{
    note_hit(server, path);
    snprintf(server->method, sizeof server->method, "%s", method);
    note_header(connection, "User-Agent", server->agent, sizeof server->agent);
    note_header(connection, "Authorization", server->authorization, sizeof server->authorization);
    note_header(connection, "Content-Type", server->type, sizeof server->type);
    note_header(connection, "Cookie", server->cookie, sizeof server->cookie);
    text_clear(&server->query);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, put_argument, &server->query);
    text_clear(&server->body);
    text_put(&server->body, text_string(&upload->body), upload->body.size);
}

static bool path_fits(const char *route, const char *path)
{
    size_t length = strlen(route);

    if (length > 2 && strcmp(route + length - 2, "/*") == 0)
        return strncmp(route, path, length - 1) == 0;
    return strcmp(route, path) == 0;
}

static const struct stub_route *find_route(struct stub_server *server, struct MHD_Connection *connection,
                                           const char *path)
{
    const char *page = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "page");

    for (int i = 0; server->routes[i].path; i++) {
        const struct stub_route *route = &server->routes[i];

        if (!path_fits(route->path, path) || (route->page && strcmp(route->page, page ? page : "1") != 0))
            continue;
        if (route->uses && server->used[i] >= route->uses)
            continue;
        server->used[i]++;
        return route;
    }
    return NULL;
}

static void put_body(const struct stub_server *server, const char *body, struct text *out)
{
    const char *found = NULL;

    while (body && (found = strstr(body, "{base}"))) {
        text_put(out, body, (size_t)(found - body));
        text_puts(out, server->url);
        body = found + strlen("{base}");
    }
    text_puts(out, body ? body : "");
}

struct truncated {
    char *data;
    size_t size;
};

static ssize_t give_truncated(void *argument, uint64_t position, char *place, size_t room)
{
    const struct truncated *truncated = argument;
    size_t left = truncated->size - (size_t)position;

    if (left == 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (left > room)
        left = room;
    memcpy(place, truncated->data + position, left);
    return (ssize_t)left;
}

static void free_truncated(void *argument)
{
    struct truncated *truncated = argument;

    free(truncated->data);
    free(truncated);
}

static struct MHD_Response *make_response(const struct stub_server *server, const struct stub_route *route)
{
    struct text body;
    struct truncated *truncated = NULL;

    text_init(&body, HUGE_SIZE + 1);
    put_body(server, route->body, &body);
    while (route->kind == STUB_HUGE && body.size < HUGE_SIZE)
        text_puts(&body, "[\"............................................................\"]");
    if (route->kind != STUB_TRUNCATE) {
        size_t size = body.size;

        return MHD_create_response_from_buffer(size, text_take(&body), MHD_RESPMEM_MUST_FREE);
    }
    truncated = x_alloc(sizeof *truncated);
    truncated->size = body.size;
    truncated->data = text_take(&body);
    return MHD_create_response_from_callback(truncated->size + 100, 4096, give_truncated, truncated, free_truncated);
}

static enum MHD_Result answer(const struct stub_server *server, struct MHD_Connection *connection,
                              const struct stub_route *route)
{
    struct MHD_Response *response = make_response(server, route);
    enum MHD_Result result = MHD_NO;
    char reset[24];

    MHD_add_response_header(response, "Content-Type", route->type ? route->type : "application/json; charset=utf-8");
    MHD_add_response_header(response, "Set-Cookie", "session=1");
    if (route->location)
        MHD_add_response_header(response, "Location", route->location);
    if (route->reset_in_s) {
        snprintf(reset, sizeof reset, "%lld", (long long)time(NULL) + route->reset_in_s);
        MHD_add_response_header(response, "X-RateLimit-Reset", reset);
    }
    result = MHD_queue_response(connection, (unsigned)(route->status ? route->status : 200), response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result serve(struct stub_server *server, struct MHD_Connection *connection, const char *path,
                             const char *method, struct upload *upload)
{
    static const struct stub_route missing = {.status = 404, .type = "text/html", .body = "<html>no such page</html>"};
    const struct stub_route *route = NULL;

    if (upload->hung)
        return MHD_NO;
    note_request(server, connection, path, method, upload);
    route = find_route(server, connection, path);
    if (!route)
        route = &missing;
    if (route->kind == STUB_DROP)
        return MHD_NO;
    if (route->kind == STUB_HANG && !server->stopping && server->hanging_count < HANGING_MAX) {
        upload->hung = true;
        server->hanging[server->hanging_count++] = connection;
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    return answer(server, connection, route);
}

static enum MHD_Result on_request(void *argument, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *size, void **place)
{
    struct stub_server *server = argument;
    struct upload *upload = *place;
    enum MHD_Result result = MHD_YES;

    (void)version;
    if (!upload) {
        upload = *place = x_alloc(sizeof *upload);
        text_init(&upload->body, 1000000);
        return MHD_YES;
    }
    if (*size) {
        text_put(&upload->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    pthread_mutex_lock(&server->lock);
    result = serve(server, connection, path, method, upload);
    pthread_mutex_unlock(&server->lock);
    return result;
}

static void on_completed(void *argument, struct MHD_Connection *connection, void **place,
                         enum MHD_RequestTerminationCode code)
{
    struct upload *upload = *place;

    (void)argument;
    (void)connection;
    (void)code;
    if (upload)
        text_release(&upload->body);
    free(upload);
    *place = NULL;
}

static void on_connection(void *argument, struct MHD_Connection *connection, void **place,
                          enum MHD_ConnectionNotificationCode code)
{
    struct stub_server *server = argument;

    (void)connection;
    (void)place;
    pthread_mutex_lock(&server->lock);
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        server->connections++;
    pthread_mutex_unlock(&server->lock);
}

struct stub_server *stub_start(const struct stub_route *routes, bool tls)
{
    struct stub_server *server = x_alloc(sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem secrets[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)test_certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)test_certificate_key},
        {MHD_OPTION_END, 0, NULL},
    };

    if (!tls)
        secrets[0].option = MHD_OPTION_END;
    server->routes = routes;
    pthread_mutex_init(&server->lock, NULL);
    text_init(&server->query, 10000);
    text_init(&server->body, 1000000);
    server->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
                         server, MHD_OPTION_ARRAY, secrets, MHD_OPTION_END);
    must(server->daemon);
    server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    snprintf(server->url, sizeof server->url, "%s://127.0.0.1:%d", tls ? "https" : "http", server->port);
    return server;
}

void stub_stop(struct stub_server **place)
{
    struct stub_server *server = *place;

    *place = NULL;
    if (!server)
        return;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    for (int i = 0; i < server->hanging_count; i++)
        MHD_resume_connection(server->hanging[i]);
    pthread_mutex_unlock(&server->lock);
    MHD_stop_daemon(server->daemon);
    pthread_mutex_destroy(&server->lock);
    text_release(&server->query);
    text_release(&server->body);
    free(server->kept);
    free(server);
}

const char *stub_url(const struct stub_server *server)
{
    return server->url;
}

int stub_port(const struct stub_server *server)
{
    return server->port;
}

int stub_hits(struct stub_server *server, const char *path)
{
    int count = 0;

    pthread_mutex_lock(&server->lock);
    for (int i = 0; i < ROUTES_MAX; i++)
        if (strcmp(server->hits[i].path, path) == 0)
            count = server->hits[i].count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

int stub_connections(struct stub_server *server)
{
    int count = 0;

    pthread_mutex_lock(&server->lock);
    count = server->connections;
    pthread_mutex_unlock(&server->lock);
    return count;
}

static const char *keep(struct stub_server *server, const char *text)
{
    pthread_mutex_lock(&server->lock);
    free(server->kept);
    server->kept = x_strdup(text);
    pthread_mutex_unlock(&server->lock);
    return server->kept;
}

const char *stub_method(struct stub_server *server)
{
    return keep(server, server->method);
}

const char *stub_query(struct stub_server *server)
{
    return keep(server, text_string(&server->query));
}

const char *stub_body(struct stub_server *server)
{
    return keep(server, text_string(&server->body));
}

const char *stub_agent(struct stub_server *server)
{
    return keep(server, server->agent);
}

const char *stub_authorization(struct stub_server *server)
{
    return keep(server, server->authorization);
}

const char *stub_type(struct stub_server *server)
{
    return keep(server, server->type);
}

const char *stub_cookie(struct stub_server *server)
{
    return keep(server, server->cookie);
}

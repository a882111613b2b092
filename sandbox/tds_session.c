#include "sandbox/tds_session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "sandbox/tds_message.h"
#include "sandbox/tds_reply.h"
#include "sandbox/tds_select.h"

enum {
    PACKET_SIZE = 4096,
    PACKET_SIZE_MOST = 32767,
    MESSAGE_BYTES_MAX = 16 * 1024 * 1024,
    VERSION_7_1 = 0x71000001,
    VERSION_7_2 = 0x72090002,
    VERSION_7_4 = 0x74000004,
    ERROR_SYNTAX = 102,
    ERROR_DATABASE = 4060,
    ERROR_LOGIN = 18456,
    ERROR_NO_PROCEDURE = 2812,
    SEVERITY_SYNTAX = 15,
    SEVERITY_REFUSED = 14,
    CHANGED_DATABASE = 5701,
    CHANGED_LANGUAGE = 5703,
};

struct session {
    const struct tds_server_options *options;
    const struct tds_tls *tls;
    int connection;
    struct tds_channel *channel; /* while packets travel inside TLS */
    int64_t number;
    int64_t sent;
    unsigned char packet_number;
    struct tds_reply reply;
    char *user;
};

static bool read_all(struct session *session, void *buffer, size_t size)
{
    char *to = buffer;

    if (session->channel)
        return tds_channel_read(session->channel, buffer, size);
    while (size) {
        ssize_t got = recv(session->connection, to, size, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        size -= (size_t)got;
    }
    return true;
}

/* A whole message; false at the end of the connection, or when it is none. */
static bool read_message(struct session *session, uint8_t *ret_type, struct text *ret)
{
    uint8_t header[TDS_HEADER_SIZE];
    char content[UINT16_MAX];
    struct tds_packet packet = {0};

    text_clear(ret);
    do {
        if (!read_all(session, header, sizeof header) || !tds_packet_read(header, &packet) ||
            !read_all(session, content, packet.size - sizeof header))
            return false;
        text_put(ret, content, packet.size - sizeof header);
    } while (!packet.last && !ret->overflowed);
    *ret_type = packet.type;
    return !ret->overflowed;
}

/* One line each, whole: connections write at the same time. */
static void record(const struct session *session, const char *what, const char *text)
{
    scoped(descriptor_close) int file = -1;
    scoped(string_free) char *line = x_sprintf("%" PRId64 " %s %s", session->number, what, text);
    size_t size = strlen(line);

    if (!session->options->statements)
        return;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)line[i] < 0x20)
            line[i] = ' ';
    line[size] = '\n';
    file = open(session->options->statements, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, line, size + 1) != (ssize_t)size + 1)
        perror(session->options->statements);
}

static bool put_all(struct session *session, const char *data, size_t size)
{
    if (session->channel)
        return tds_channel_write(session->channel, data, size);
    while (size) {
        ssize_t put = send(session->connection, data, size, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        data += put;
        size -= (size_t)put;
    }
    return true;
}

static bool write_all(struct session *session, const char *data, size_t size)
{
    const struct tds_server_options *options = session->options;
    bool cut = options->cut_after_bytes >= 0 &&
               (options->cut_connection == 0 || options->cut_connection == session->number) &&
               session->sent + (int64_t)size > options->cut_after_bytes;

    if (cut)
        size = (size_t)(options->cut_after_bytes - session->sent);
    if (!put_all(session, data, size))
        return false;
    session->sent += (int64_t)size;
    if (cut)
        record(session, "CUT", "as it was ordered");
    return !cut;
}

static bool send_packet(struct session *session, enum tds_message_type type, const char *data, size_t size, bool last)
{
    char packet[PACKET_SIZE_MOST + TDS_HEADER_SIZE] = {(char)type,
                                                       (char)last,
                                                       (char)((size + TDS_HEADER_SIZE) >> 8),
                                                       (char)((size + TDS_HEADER_SIZE) & 0xFF),
                                                       (char)(session->number >> 8 & 0xFF),
                                                       (char)(session->number & 0xFF),
                                                       (char)++session->packet_number,
                                                       0};

    memcpy(packet + TDS_HEADER_SIZE, data, size);
    return write_all(session, packet, size + TDS_HEADER_SIZE);
}

static bool send_reply(void *context, const char *data, size_t size, bool last)
{
    return send_packet(context, TDS_MESSAGE_REPLY, data, size, last);
}

/* A message of the handshake of TLS: it goes in packets as any other (MS-TDS 2.2.6.5). */
static bool send_handshake(struct session *session, const struct text *message)
{
    const size_t most = PACKET_SIZE - TDS_HEADER_SIZE;

    for (size_t at = 0; at < message->size; at += most) {
        size_t size = message->size - at < most ? message->size - at : most;

        if (!send_packet(session, TDS_MESSAGE_PRELOGIN, text_string(message) + at, size, at + size == message->size))
            return false;
    }
    return true;
}

static bool shake_hands(struct session *session, struct tds_channel *channel, struct text *message)
{
    scoped(text_release) struct text out;
    uint8_t type = 0;
    bool good = true;
    bool done = false;

    text_init(&out, MESSAGE_BYTES_MAX);
    while (good && !done) {
        if (!read_message(session, &type, message))
            return false;
        if (type != TDS_MESSAGE_PRELOGIN) {
            record(session, "TLS", "was agreed, and then the client went on without it");
            return false;
        }
        text_clear(&out);
        good = tds_channel_shake(channel, text_slice(message), &out, &done);
        good = send_handshake(session, &out) && good;
    }
    return good;
}

/* Agrees on TLS; from then on all packets travel inside it. */
static bool encrypt(struct session *session, struct text *message)
{
    scoped(tds_channel_destroy) struct tds_channel *channel = tds_channel_new(session->tls);

    if (!shake_hands(session, channel, message)) {
        record(session, "TLS", "broken off");
        return false;
    }
    tds_channel_attach(channel, session->connection);
    session->channel = steal(channel);
    return true;
}

static enum tds_encryption agree(const struct session *session, uint8_t wanted)
{
    if (!session->tls)
        return TDS_ENCRYPT_NOT_SUPPORTED;
    if (wanted == TDS_ENCRYPT_ON || wanted == TDS_ENCRYPT_REQUIRED)
        return TDS_ENCRYPT_ON;
    if (session->options->tls_required)
        return TDS_ENCRYPT_REQUIRED;
    return wanted == TDS_ENCRYPT_OFF ? TDS_ENCRYPT_OFF : TDS_ENCRYPT_NOT_SUPPORTED;
}

/* From the first PRELOGIN to before the login. */
static bool begin(struct session *session, struct text *message, uint8_t *ret_wanted, enum tds_encryption *ret_agreed)
{
    struct fault fault = {0};
    uint8_t type = 0;

    if (!read_message(session, &type, message) || type != TDS_MESSAGE_PRELOGIN ||
        !tds_prelogin_read(text_slice(message), ret_wanted, &fault))
        return false;
    *ret_agreed = agree(session, *ret_wanted);
    tds_prelogin_put(*ret_agreed, &session->reply.out);
    tds_reply_flush(&session->reply, true);
    if (session->reply.broken || (*ret_agreed == TDS_ENCRYPT_REQUIRED && *ret_wanted == TDS_ENCRYPT_NOT_SUPPORTED))
        return false;
    return *ret_agreed == TDS_ENCRYPT_NOT_SUPPORTED || encrypt(session, message);
}

static const char *name_of(enum tds_encryption agreed)
{
    return agreed == TDS_ENCRYPT_NOT_SUPPORTED ? "none" : agreed == TDS_ENCRYPT_OFF ? "login" : "whole";
}

static void refuse(struct session *session, int number, int severity, const char *text)
{
    tds_reply_message(&session->reply, number, severity, text);
    tds_reply_done(&session->reply, TDS_DONE_ERROR, 0);
}

/* What real servers say to a login that they take. */
static void welcome(struct session *session, const struct tds_login *login)
{
    const char *database = session->options->database;
    scoped(string_free) char *changed = x_sprintf("Changed database context to '%s'.", database);
    char size[16];

    snprintf(size, sizeof size, "%zu", session->reply.packet_size + TDS_HEADER_SIZE);
    tds_reply_change(&session->reply, TDS_CHANGE_DATABASE, database, "master");
    tds_reply_message(&session->reply, CHANGED_DATABASE, 0, changed);
    tds_reply_collation(&session->reply);
    tds_reply_change(&session->reply, TDS_CHANGE_LANGUAGE, "us_english", "");
    tds_reply_message(&session->reply, CHANGED_LANGUAGE, 0, "Changed language setting to us_english.");
    tds_reply_login(&session->reply, session->options->old          ? VERSION_7_1
                                     : login->version > VERSION_7_4 ? VERSION_7_4
                                                                    : login->version);
    tds_reply_change(&session->reply, TDS_CHANGE_PACKET_SIZE, size, "4096");
    tds_reply_done(&session->reply, 0, 0);
}

static bool is_ordered(const struct tds_server_options *options, const char *text)
{
    return options->error && options->error_word && strstr(text, options->error_word);
}

static bool admit(struct session *session, const struct tds_login *login)
{
    const struct tds_server_options *options = session->options;
    scoped(string_free) char *failed = x_sprintf("Login failed for user '%s'.", login->user);
    scoped(string_free) char *closed =
        x_sprintf("Cannot open database \"%s\" requested by the login. The login failed.", login->database);

    if (is_ordered(options, "login")) {
        refuse(session, options->error, SEVERITY_REFUSED, failed);
        return false;
    }
    if (strcasecmp(login->user, options->user) != 0 || strcmp(login->password, options->password) != 0 ||
        login->version < VERSION_7_2) {
        refuse(session, ERROR_LOGIN, SEVERITY_REFUSED, failed);
        return false;
    }
    if (login->database[0] && strcasecmp(login->database, options->database) != 0) {
        tds_reply_message(&session->reply, ERROR_DATABASE, 11, closed);
        refuse(session, ERROR_LOGIN, SEVERITY_REFUSED, failed);
        return false;
    }
    welcome(session, login);
    return true;
}

static bool log_in(struct session *session, struct text *message)
{
    struct tds_login login = {0};
    struct fault fault = {0};
    enum tds_encryption agreed = TDS_ENCRYPT_NOT_SUPPORTED;
    uint8_t type = 0;
    uint8_t wanted = 0;
    bool good = false;

    if (!begin(session, message, &wanted, &agreed) || !read_message(session, &type, message) ||
        type != TDS_MESSAGE_LOGIN || !tds_login_read(text_slice(message), &login, &fault))
        return false;
    if (agreed == TDS_ENCRYPT_OFF)
        tds_channel_destroy(&session->channel);
    session->user = x_strdup(login.user);
    if (login.packet_size >= 512 && login.packet_size <= PACKET_SIZE_MOST)
        session->reply.packet_size = login.packet_size - TDS_HEADER_SIZE;
    good = admit(session, &login);
    {
        scoped(string_free) char *line =
            x_sprintf("user=%s database=%s application=%s read_only=%d encryption=%d tls=%s version=%08" PRIX32 " %s",
                      login.user, login.database, login.application, login.read_only, wanted, name_of(agreed),
                      login.version, good ? "admitted" : "refused");

        record(session, "LOGIN", line);
    }
    tds_login_release(&login);
    tds_reply_flush(&session->reply, true);
    return good && !session->reply.broken;
}

static bool run_select(struct session *session, const struct tds_statement *statement, bool more)
{
    const struct tds_session seen = {
        .store = session->options->store,
        .database = session->options->database,
        .user = session->user,
        .number = session->number,
        .row_delay_ms = session->options->row_delay_ms,
    };
    struct fault fault = {0};
    uint64_t rows = 0;

    if (!tds_select(&seen, statement, &session->reply, &rows, &fault)) {
        refuse(session, fault.code ? fault.code : 50000, 16, fault.text);
        return false;
    }
    tds_reply_done(&session->reply, TDS_DONE_COUNT | (more ? TDS_DONE_MORE : 0), rows);
    return true;
}

static bool run_statement(struct session *session, const struct tds_statement *statement, bool more)
{
    if (statement->kind == TDS_SELECT)
        return run_select(session, statement, more);
    if (statement->kind == TDS_USE && strcasecmp(statement->name, session->options->database) != 0) {
        refuse(session, 911, 16, "Database does not exist. Make sure that the name is entered correctly.");
        return false;
    }
    tds_reply_done(&session->reply, more ? TDS_DONE_MORE : 0, 0);
    return true;
}

static void run_batch(struct session *session, const char *text)
{
    struct tds_batch batch = {0};
    struct fault fault = {0};

    record(session, "BATCH", text);
    if (is_ordered(session->options, text)) {
        refuse(session, session->options->error, SEVERITY_REFUSED,
               "The SELECT permission was denied on an object, as it was ordered.");
    } else if (!tds_batch_parse(text, &batch, &fault)) {
        refuse(session, ERROR_SYNTAX, SEVERITY_SYNTAX, fault.text);
    } else {
        for (size_t i = 0; i < batch.count && !session->reply.broken; i++)
            if (!run_statement(session, &batch.statements[i], i + 1 < batch.count))
                break;
        if (batch.count == 0)
            tds_reply_done(&session->reply, 0, 0);
    }
    tds_batch_release(&batch);
}

static bool answer(struct session *session, uint8_t type, struct slice message)
{
    scoped(string_free) char *text = NULL;
    struct fault fault = {0};

    switch (type) {
    case TDS_MESSAGE_BATCH:
        if (!tds_batch_read(message, !session->options->old, &text, &fault))
            return false;
        run_batch(session, text);
        break;
    case TDS_MESSAGE_ATTENTION:
        tds_reply_done(&session->reply, TDS_DONE_ATTENTION, 0);
        break;
    case TDS_MESSAGE_RPC:
        record(session, "RPC", "");
        refuse(session, ERROR_NO_PROCEDURE, 16, "The stand-in has no stored procedures: send statements as a batch.");
        break;
    default:
        return false;
    }
    tds_reply_flush(&session->reply, true);
    return !session->reply.broken;
}

void tds_session_serve(const struct tds_server_options *options, const struct tds_tls *tls, int connection,
                       int64_t number)
{
    struct session session = {.options = options, .tls = tls, .connection = connection, .number = number};
    struct text message;
    uint8_t type = 0;
    bool good = false;

    text_init(&message, MESSAGE_BYTES_MAX);
    tds_reply_init(&session.reply, PACKET_SIZE - TDS_HEADER_SIZE, send_reply, &session);
    session.reply.old = options->old;
    good = log_in(&session, &message);
    while (good && read_message(&session, &type, &message))
        good = answer(&session, type, text_slice(&message));
    tds_reply_release(&session.reply);
    text_release(&message);
    free(session.user);
    tds_channel_destroy(&session.channel);
    shutdown(connection, SHUT_RDWR);
}

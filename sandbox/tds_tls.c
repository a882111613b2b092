#include "sandbox/tds_tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/must.h"

struct tds_tls {
    SSL_CTX *context;
};

struct tds_channel {
    SSL *ssl;
};

bool tds_tls_load(const char *certificate, const char *key, struct tds_tls **ret, struct fault *fault)
{
    scoped(tds_tls_destroy) struct tds_tls *tls = x_alloc(sizeof *tls);

    tls->context = SSL_CTX_new(TLS_server_method());
    must(tls->context && SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) &&
         SSL_CTX_set_max_proto_version(tls->context, TLS1_2_VERSION));
    if (SSL_CTX_use_certificate_chain_file(tls->context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1) {
        fault_set(fault, FAULT_BAD_INPUT,
                  "cannot use the certificate %s with the key %s: both must be PEM files that belong together (%s)",
                  certificate, key, ERR_reason_error_string(ERR_peek_last_error()));
        ERR_clear_error();
        return false;
    }
    *ret = steal(tls);
    return true;
}

void tds_tls_destroy(struct tds_tls **tls)
{
    if (!*tls)
        return;
    SSL_CTX_free((*tls)->context);
    free(*tls);
    *tls = NULL;
}

struct tds_channel *tds_channel_new(const struct tds_tls *tls)
{
    struct tds_channel *channel = x_alloc(sizeof *channel);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());

    channel->ssl = SSL_new(tls->context);
    must(channel->ssl && in && out);
    SSL_set_bio(channel->ssl, in, out);
    return channel;
}

void tds_channel_destroy(struct tds_channel **channel)
{
    if (!*channel)
        return;
    SSL_free((*channel)->ssl);
    free(*channel);
    *channel = NULL;
}

bool tds_channel_shake(struct tds_channel *channel, struct slice received, struct text *out, bool *ret_done)
{
    char *waiting = NULL;
    long size = 0;
    int result = 0;

    must(received.size <= INT_MAX);
    if (received.size && BIO_write(SSL_get_rbio(channel->ssl), received.data, (int)received.size) <= 0)
        return false;
    ERR_clear_error();
    result = SSL_accept(channel->ssl);
    size = BIO_get_mem_data(SSL_get_wbio(channel->ssl), &waiting);
    if (size > 0)
        text_put(out, waiting, (size_t)size);
    (void)BIO_reset(SSL_get_wbio(channel->ssl));
    *ret_done = result == 1;
    return *ret_done || SSL_get_error(channel->ssl, result) == SSL_ERROR_WANT_READ;
}

void tds_channel_attach(struct tds_channel *channel, int connection)
{
    must(SSL_set_fd(channel->ssl, connection) == 1);
}

bool tds_channel_read(struct tds_channel *channel, void *buffer, size_t size)
{
    char *to = buffer;

    while (size) {
        size_t got = 0;

        ERR_clear_error();
        if (SSL_read_ex(channel->ssl, to, size, &got) != 1)
            return false;
        to += got;
        size -= got;
    }
    return true;
}

bool tds_channel_write(struct tds_channel *channel, const void *data, size_t size)
{
    size_t put = 0;

    ERR_clear_error();
    return !size || SSL_write_ex(channel->ssl, data, size, &put) == 1;
}

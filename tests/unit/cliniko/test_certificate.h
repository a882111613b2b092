/* clang-format off */
/* A throw-away certificate for 127.0.0.1, its own authority, and its key: they protect nothing. */
#ifndef TEST_CERTIFICATE_H
#define TEST_CERTIFICATE_H

static const char test_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBZDCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1IYW5kb3Zl\n"
    "ciB0ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD\n"
    "VQQDDA1IYW5kb3ZlciB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAErH6i\n"
    "LVrOOkEhA4Fod6LOg+npSv+I5kdjA0JqVUPwgHrnurg3mpJuFHVuii2BlJ/qrLPK\n"
    "WkTol9gOxCbvIA6RsaNDMEEwDwYDVR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/\n"
    "AAABMB0GA1UdDgQWBBSzbH2wn42LdreW8jaoAGD9mC8S3DAKBggqhkjOPQQDAgNI\n"
    "ADBFAiBkyvS9Ox2EIpCbsHynIKB4YKSaosR6k5kKz39D8T+K3AIhALssHRp97COd\n"
    "VxGuK3GWW6mcIBroqKoPJzsaG/xJSAjo\n"
    "-----END CERTIFICATE-----\n";

static const char test_certificate_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg62DTrGv2WyW5Ca++\n"
    "Lkj3kVw7MSEY3HA5s2CT+y3xR5yhRANCAASsfqItWs46QSEDgWh3os6D6elK/4jm\n"
    "R2MDQmpVQ/CAeue6uDeakm4UdW6KLYGUn+qss8paROiX2A7EJu8gDpGx\n"
    "-----END PRIVATE KEY-----\n";

#endif

#pragma once
/* SHA-256's plain state is a value that can be copied, which makes a keyed hash cost two copies instead of two
   look-ups of an algorithm; OpenSSL 3 marks those functions as deprecated for new code, they are not removed. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/rand.h>
#include <openssl/crypto.h>

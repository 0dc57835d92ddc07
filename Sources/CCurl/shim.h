#pragma once
#include <curl/curl.h>
#include <stddef.h>

/* curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: one typed wrapper a kind of argument.
   The parentheses around the name bypass curl's type-checking macro of the same name. */

static inline CURLcode riskdeck_curl_set_long(CURL *handle, CURLoption option, long value) {
  return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode riskdeck_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode riskdeck_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return (curl_easy_setopt)(handle, option, value);
}

typedef size_t (*riskdeck_curl_write)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode riskdeck_curl_set_write(CURL *handle, CURLoption option, riskdeck_curl_write function) {
  return (curl_easy_setopt)(handle, option, function);
}

static inline CURLcode riskdeck_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return (curl_easy_getinfo)(handle, info, value);
}

static inline CURLcode riskdeck_curl_set_progress(CURL *handle, curl_xferinfo_callback function) {
  return (curl_easy_setopt)(handle, CURLOPT_XFERINFOFUNCTION, function);
}

static inline CURLcode riskdeck_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
  return (curl_easy_getinfo)(handle, info, value);
}

/* The text belongs to the handle and lives until its next transfer. */
static inline CURLcode riskdeck_curl_get_string(CURL *handle, CURLINFO info, const char **value) {
  return (curl_easy_getinfo)(handle, info, value);
}

/* Registration, and what all duties share. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

napi_value lvs_undefined(napi_env env) {
  napi_value value;
  napi_get_undefined(env, &value);
  return value;
}

void lvs_rethrow(napi_env env) {
  bool thrown = false;
  napi_value error;
  napi_is_exception_pending(env, &thrown);
  if (!thrown) return;
  napi_get_and_clear_last_exception(env, &error);
  napi_fatal_exception(env, error);
}

napi_value lvs_throw(napi_env env, int error, const char *syscall) {
  char text[160];
  const char *name = strerrorname_np(error);
  snprintf(text, sizeof text, "%s: %s", syscall, strerror(error));
  napi_value code, message, failure, number, call;
  napi_create_string_utf8(env, name ? name : "EUNKNOWN", NAPI_AUTO_LENGTH, &code);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
  napi_create_error(env, code, message, &failure);
  napi_create_int32(env, error, &number);
  napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &call);
  napi_set_named_property(env, failure, "errno", number);
  napi_set_named_property(env, failure, "syscall", call);
  napi_throw(env, failure);
  return NULL;
}

static bool wrong_type(napi_env env, const char *name, const char *wanted) {
  char text[120];
  snprintf(text, sizeof text, "%s must be %s", name, wanted);
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", text);
  return false;
}

bool lvs_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok || given < count) {
    napi_throw_type_error(env, "ERR_MISSING_ARGS", "too few arguments");
    return false;
  }
  return true;
}

bool lvs_int(napi_env env, napi_value value, const char *name, int32_t *result) {
  if (napi_get_value_int32(env, value, result) == napi_ok) return true;
  return wrong_type(env, name, "a number");
}

bool lvs_string(napi_env env, napi_value value, const char *name, char *result, size_t size) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok)
    return wrong_type(env, name, "a string");
  if (length >= size) return wrong_type(env, name, "shorter");
  napi_get_value_string_utf8(env, value, result, size, &length);
  return true;
}

bool lvs_bytes(napi_env env, napi_value value, const char *name, uint8_t **data, size_t *length) {
  bool typed = false;
  napi_is_typedarray(env, value, &typed);
  napi_typedarray_type type = napi_int8_array;
  if (typed) napi_get_typedarray_info(env, value, &type, length, (void **)data, NULL, NULL);
  if (typed && type == napi_uint8_array) return true;
  return wrong_type(env, name, "a Uint8Array");
}

bool lvs_function(napi_env env, napi_value value, const char *name) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  return type == napi_function || wrong_type(env, name, "a function");
}

void lvs_export(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value);
  napi_set_named_property(env, exports, name, value);
}

NAPI_MODULE_INIT() {
  lvs_packet(env, exports);
  lvs_receive(env, exports);
  lvs_ancillary(env, exports);
  lvs_raw4(env, exports);
  lvs_watch(env, exports);
  lvs_netlink(env, exports);
  lvs_datagram(env, exports);
  lvs_dial(env, exports);
  lvs_scheduling(env, exports);
  lvs_notify(env, exports);
  lvs_credentials(env, exports);
  lvs_namespace(env, exports);
  lvs_fifo(env, exports);
  lvs_signal(env, exports);
  lvs_descriptors(env, exports);
  lvs_alarm(env, exports);
  return exports;
}

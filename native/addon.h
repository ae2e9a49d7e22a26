/* What the files of the addon share: argument checks and errors. Contracts: README.md. */
#ifndef LVS_ADDON_H
#define LVS_ADDON_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

/* Throws an Error with `code` (name of the errno), `errno` and `syscall`. Returns NULL. */
napi_value lvs_throw(napi_env env, int error, const char *syscall);

/* Reads `count` arguments; throws a TypeError and returns false when there are fewer. */
bool lvs_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments);

/* Read one argument; throw a TypeError that names it and return false when it is another type. */
bool lvs_int(napi_env env, napi_value value, const char *name, int32_t *result);
bool lvs_string(napi_env env, napi_value value, const char *name, char *result, size_t size);
bool lvs_bytes(napi_env env, napi_value value, const char *name, uint8_t **data, size_t *length);
bool lvs_function(napi_env env, napi_value value, const char *name);

napi_value lvs_undefined(napi_env env);

/* After a callback: an exception that it has thrown is an uncaught one of the program. */
void lvs_rethrow(napi_env env);

/* Each file adds its functions to the exports. */
void lvs_packet(napi_env env, napi_value exports);
void lvs_receive(napi_env env, napi_value exports);
void lvs_ancillary(napi_env env, napi_value exports);
void lvs_raw4(napi_env env, napi_value exports);
void lvs_watch(napi_env env, napi_value exports);
void lvs_netlink(napi_env env, napi_value exports);
void lvs_datagram(napi_env env, napi_value exports);
void lvs_dial(napi_env env, napi_value exports);
void lvs_scheduling(napi_env env, napi_value exports);
void lvs_notify(napi_env env, napi_value exports);
void lvs_credentials(napi_env env, napi_value exports);
void lvs_namespace(napi_env env, napi_value exports);
void lvs_fifo(napi_env env, napi_value exports);
void lvs_signal(napi_env env, napi_value exports);
void lvs_descriptors(napi_env env, napi_value exports);
void lvs_alarm(napi_env env, napi_value exports);

void lvs_export(napi_env env, napi_value exports, const char *name, napi_callback function);

#endif

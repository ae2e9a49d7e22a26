/* Waking at an instant, to a fraction of a millisecond (timerfd_create(2)): the timers of Node count whole ones. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

static const double NANOSECONDS_A_MILLISECOND = 1e6;
static const long NANOSECONDS_A_SECOND = 1000000000L;
/* About three years: whoever waits longer is woken, and asks again. */
static const double MILLISECONDS_MAX = 1e11;

typedef struct {
  uv_poll_t poll;
  int fd;
  napi_env env;
  napi_ref on_time;
} waker;

static void on_readable(uv_poll_t *poll, int status, int events) {
  waker *self = poll->data;
  uint64_t count;
  napi_handle_scope scope;
  napi_value callback, global;
  if (status < 0 || !(events & UV_READABLE)) return;
  /* Set anew meanwhile: there is nothing to read yet. */
  if (read(self->fd, &count, sizeof count) != sizeof count) return;
  napi_open_handle_scope(self->env, &scope);
  napi_get_reference_value(self->env, self->on_time, &callback);
  napi_get_global(self->env, &global);
  napi_make_callback(self->env, NULL, global, callback, 0, NULL, NULL);
  lvs_rethrow(self->env);
  napi_close_handle_scope(self->env, scope);
}

static void free_waker(uv_handle_t *handle) {
  waker *self = handle->data;
  napi_delete_reference(self->env, self->on_time);
  free(self);
}

static void close_waker(void *data) {
  waker *self = data;
  uv_poll_stop(&self->poll);
  close(self->fd);
  uv_close((uv_handle_t *)&self->poll, free_waker);
}

/* openAlarm(onTime): handle. */
static napi_value open_alarm(napi_env env, napi_callback_info info) {
  napi_value argument, handle;
  uv_loop_t *loop;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  if (!lvs_function(env, argument, "onTime")) return NULL;
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) return lvs_throw(env, errno, "timerfd_create");
  waker *self = calloc(1, sizeof *self);
  if (!self) {
    close(fd);
    return lvs_throw(env, ENOMEM, "calloc");
  }
  self->env = env;
  self->fd = fd;
  self->poll.data = self;
  napi_get_uv_event_loop(env, &loop);
  int error = uv_poll_init(loop, &self->poll, fd);
  if (error) {
    close(fd);
    free(self);
    return lvs_throw(env, -error, "uv_poll_init");
  }
  napi_create_reference(env, argument, 1, &self->on_time);
  uv_poll_start(&self->poll, UV_READABLE, on_readable);
  napi_add_env_cleanup_hook(env, close_waker, self);
  napi_create_external(env, self, NULL, NULL, &handle);
  return handle;
}

static waker *waker_of(napi_env env, napi_value value) {
  waker *self;
  if (napi_get_value_external(env, value, (void **)&self) == napi_ok) return self;
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "handle must be of openAlarm");
  return NULL;
}

/* setAlarm(handle, afterMs): once, instead of what was set before. Below 0: not at all. */
static napi_value set_alarm(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  double after_ms;
  struct itimerspec when = {0};
  if (!lvs_arguments(env, info, 2, arguments)) return NULL;
  waker *self = waker_of(env, arguments[0]);
  if (!self) return NULL;
  if (napi_get_value_double(env, arguments[1], &after_ms) != napi_ok || isnan(after_ms)) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "afterMs must be a number");
    return NULL;
  }
  if (after_ms >= 0) {
    int64_t ns = (int64_t)(fmin(after_ms, MILLISECONDS_MAX) * NANOSECONDS_A_MILLISECOND) + 1;
    when.it_value.tv_sec = ns / NANOSECONDS_A_SECOND;
    when.it_value.tv_nsec = ns % NANOSECONDS_A_SECOND;
  }
  if (timerfd_settime(self->fd, 0, &when, NULL) < 0)
    return lvs_throw(env, errno, "timerfd_settime");
  return lvs_undefined(env);
}

/* closeAlarm(handle): once. */
static napi_value close_alarm(napi_env env, napi_callback_info info) {
  napi_value argument;
  if (!lvs_arguments(env, info, 1, &argument)) return NULL;
  waker *self = waker_of(env, argument);
  if (!self) return NULL;
  napi_remove_env_cleanup_hook(env, close_waker, self);
  close_waker(self);
  return lvs_undefined(env);
}

void lvs_alarm(napi_env env, napi_value exports) {
  lvs_export(env, exports, "openAlarm", open_alarm);
  lvs_export(env, exports, "setAlarm", set_alarm);
  lvs_export(env, exports, "closeAlarm", close_alarm);
}

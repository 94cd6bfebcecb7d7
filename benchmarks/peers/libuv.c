// libuv: a stream that is read into one buffer for the whole loop and written back at once. What
// the socket does not take goes into a write request, and reading stops until it is done.
#include <uv.h>

#include "listen.h"

struct loop {
  uv_loop_t uv;
  uv_tcp_t listener;
  char buffer[kBufferSize];
};

struct pending {
  uv_write_t request;
  char bytes[];
};

static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);

static void on_closed(uv_handle_t* handle) { free(handle); }

static void forget(uv_stream_t* stream) {
  if (!uv_is_closing((uv_handle_t*)stream)) uv_close((uv_handle_t*)stream, on_closed);
}

static void lend_buffer(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer) {
  (void)suggested;
  struct loop* loop = handle->loop->data;
  *buffer = uv_buf_init(loop->buffer, sizeof loop->buffer);
}

static void on_written(uv_write_t* request, int status) {
  uv_stream_t* stream = request->handle;
  free(request);  // the first member of struct pending
  if (status < 0) {
    forget(stream);
  } else if (!uv_is_closing((uv_handle_t*)stream)) {
    uv_read_start(stream, lend_buffer, on_read);
  }
}

static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
  if (size < 0) return forget(stream);  // nothing is pending: reading stops while something is
  if (size == 0) return;
  uv_buf_t bytes = uv_buf_init(buffer->base, (unsigned)size);
  int sent = uv_try_write(stream, &bytes, 1);
  if (sent == size) return;
  if (sent < 0 && sent != UV_EAGAIN) return forget(stream);
  if (sent < 0) sent = 0;
  size_t rest = (size_t)(size - sent);
  struct pending* pending = malloc(sizeof *pending + rest);
  memcpy(pending->bytes, buffer->base + sent, rest);
  uv_buf_t kept = uv_buf_init(pending->bytes, (unsigned)rest);
  uv_read_stop(stream);
  if (uv_write(&pending->request, stream, &kept, 1, on_written) < 0) {
    free(pending);
    forget(stream);
  }
}

static void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  uv_tcp_t* connection = malloc(sizeof *connection);
  uv_tcp_init(listener->loop, connection);
  if (uv_accept(listener, (uv_stream_t*)connection) < 0) return forget((uv_stream_t*)connection);
  uv_tcp_nodelay(connection, 1);
  uv_read_start((uv_stream_t*)connection, lend_buffer, on_read);
}

static void* serve(void* argument) {
  struct loop* loop = malloc(sizeof *loop);
  uv_loop_init(&loop->uv);
  loop->uv.data = loop;
  uv_tcp_init(&loop->uv, &loop->listener);
  if (uv_tcp_open(&loop->listener, *(int*)argument) < 0) die("uv_tcp_open");
  if (uv_listen((uv_stream_t*)&loop->listener, 4096, on_connection) < 0) die("uv_listen");
  uv_run(&loop->uv, UV_RUN_DEFAULT);
  return NULL;
}

int main(int argc, char** argv) { serve_threads(argc, argv, serve); }

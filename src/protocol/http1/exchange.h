// HTTP/1.0 and HTTP/1.1 as an http::Exchange: the requests of one connection, one after another,
// and their responses with their framing (RFC 9112). The connection reads heads through it;
// endpoints read bodies.
#pragma once

#include <span>
#include <string>

#include "http/exchange.h"
#include "stream/buffered_writer.h"
#include "stream/session.h"
#include "stream/stream.h"
#include "wire/http1/request.h"

namespace echod {

class Http1Exchange final : public http::Exchange {
 public:
  // Everything given must outlive it.
  Http1Exchange(Stream& peer, Session& session, const wire::HttpLimits& limits);

  // --- For the connection.

  const wire::RequestDecoder& decoder() const { return decoder_; }
  BufferedWriter& output() { return output_; }

  // Decodes the received bytes up to the end of the next head: kHead, kError or kNeedInput.
  wire::RequestDecoder::Event decode_head();

  // Call this for each request: when its head is complete, or was rejected before that.
  void begin_request(Duration head_duration);
  void begin_refused_request(const http::Refusal& refusal);

  // Why the decoder refused what it read, after its kError.
  http::Refusal decoder_refusal() const;

  // Call this at the end of each request: prepares the decoder for the next one, if there may be
  // one.
  void end_request();

  // Whether the connection stays open after the current response.
  bool keep_alive() const { return keep_alive_; }
  void end_connection() { keep_alive_ = false; }

  // Whether there are received bytes that are not decoded yet.
  bool has_unread() const { return !unread_.empty(); }

  // Replaces the decoded input with the next; holds no buffer while waiting. Returns whether there
  // is any.
  Task<bool> receive_more();

  // The two halves of receive_more(), before and after the receive.
  void drop_input();
  bool take_input(Chunk&& next);

  // Removes and returns the received bytes that are not decoded yet.
  Chunk take_unread();

  // --- http::Exchange.

  const http::Request& request() const override { return *request_; }
  Duration head_duration() const override { return head_duration_; }
  http::BodyPart poll_body() override;
  Task<> wait_for_body() override;
  bool body_read() const override { return body_read_; }
  http::FieldList trailers() const override { return decoder_.trailers(); }
  http::Refusal refusal() const override;

  Task<> inform(int status, http::FieldList fields) override;
  Task<> begin(http::ResponseHead head) override;
  Task<> begin_chunk(uint64_t size) override;
  Task<> write(std::string_view part) override;
  Task<> write(http::BodyPart part) override;
  Task<> flush() override { return output_.flush(); }
  Task<> end(http::FieldList trailers) override;
  void cut() override { keep_alive_ = false; }
  void abandon_body() override { keep_alive_ = false; }

  Task<> watch_client(Time until) override;
  bool client_ended() const override { return client_ended_; }

 private:
  void append_framing(const http::ResponseHead& head);
  void append_connection(const http::ResponseHead& head);
  bool owns_chunk(std::span<const std::byte> part) const;
  Task<> write_chunked(std::string_view part);
  Task<> send_chunked(Chunk chunk);
  Task<> end_chunked(http::FieldList trailers);
  Task<> end_part(size_t size);

  Stream& peer_;
  Session& session_;
  wire::RequestDecoder decoder_;
  Chunk in_;  // received and being decoded
  std::span<const std::byte> unread_;
  BufferedWriter output_;
  std::string text_;               // the text being composed
  const http::Request* request_;   // in progress
  http::Request refused_request_;  // of a request that is rejected before its head is complete
  http::Refusal refusal_;          // the same
  uint64_t chunk_left_ = 0;        // remaining bytes of the chunk that begin_chunk() began
  Duration head_duration_ = Duration::zero();
  http::BodyFraming framing_ = http::BodyFraming::kNone;  // of the response in progress
  bool silent_ = false;                                   // the response has no content
  bool keep_alive_ = true;
  bool body_read_ = false;
  bool client_ended_ = false;  // nothing more will be received
};

}  // namespace echod

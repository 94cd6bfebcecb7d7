// The cost of detection and of the HTTP/1 codec.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "wire/detect.h"
#include "wire/http1/request.h"
#include "wire/http1/response.h"

namespace echod::wire {
namespace {

constexpr std::string_view kPost =
    "POST / HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
    "Content-Length: 19\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    "Hello, echo server!";

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

void DetectHttp(benchmark::State& state) {
  for (auto _ : state) {
    Detector detector;
    Detected protocol = detector.feed(bytes_of(kPost));
    benchmark::DoNotOptimize(protocol);
  }
}
BENCHMARK(DetectHttp);

void DetectRaw(benchmark::State& state) {
  for (auto _ : state) {
    Detector detector;
    Detected protocol = detector.feed(bytes_of("Hello, echo server!\n"));
    benchmark::DoNotOptimize(protocol);
  }
}
BENCHMARK(DetectRaw);

void DecodeRequest(benchmark::State& state) {
  RequestDecoder decoder{HttpLimits{}};
  for (auto _ : state) {
    std::span<const std::byte> input = bytes_of(kPost);
    while (decoder.next(input) != RequestDecoder::Event::kEnd) {
    }
    decoder.reset();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kPost.size()));
}
BENCHMARK(DecodeRequest);

void DecodeChunkedBody(benchmark::State& state) {
  std::string request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 64; ++i) request += "400\r\n" + std::string(1024, 'x') + "\r\n";
  request += kChunkedEnd;
  RequestDecoder decoder{HttpLimits{}};
  for (auto _ : state) {
    std::span<const std::byte> input = bytes_of(request);
    while (decoder.next(input) != RequestDecoder::Event::kEnd) {
    }
    decoder.reset();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * request.size()));
}
BENCHMARK(DecodeChunkedBody);

}  // namespace
}  // namespace echod::wire

// The cost of the parts every byte passes through: tasks, errors, chunks, streams.
#include <benchmark/benchmark.h>

#include "base/chunk.h"
#include "base/nursery.h"
#include "base/task.h"
#include "engine/loop/timer_wheel.h"
#include "protocol/raw/echo.h"
#include "stream/pipe.h"
#include "stream/prefixed_stream.h"

namespace echod {
namespace {

Task<int> give(int value) { co_return value; }

Task<int> give_through(int value) {
  Task<int> inner = give(value);
  int result = co_await std::move(inner);
  co_return result;
}

Task<> fail_after(int calls) {
  if (calls == 0) co_await failed({Errc::kReset});
  co_await fail_after(calls - 1);
}

Task<> await_many(benchmark::State& state) {
  for (auto _ : state) {
    int value = co_await give_through(1);
    benchmark::DoNotOptimize(value);
  }
}

void AwaitTwoTasks(benchmark::State& state) {
  Task<> task = await_many(state);
  task.start();
}
BENCHMARK(AwaitTwoTasks);

Task<> observe_many(benchmark::State& state) {
  for (auto _ : state) {
    Result<void> result = co_await fail_after(4).observed();
    benchmark::DoNotOptimize(result);
  }
}

// An error's way up through four callers, as a value.
void FailThroughFourTasks(benchmark::State& state) {
  Task<> task = observe_many(state);
  task.start();
}
BENCHMARK(FailThroughFourTasks);

void LeaseAndReleaseChunk(benchmark::State& state) {
  BufferPool pool({});
  for (auto _ : state) {
    Result<Chunk> chunk = pool.lease();
    benchmark::DoNotOptimize(chunk);
  }
}
BENCHMARK(LeaseAndReleaseChunk);

void AddAndRemoveTimer(benchmark::State& state) {
  Time origin{};
  TimerWheel wheel(origin);
  TimerNode node;
  for (auto _ : state) {
    wheel.add(node, origin + std::chrono::minutes(5));
    wheel.remove(node);
  }
}
BENCHMARK(AddAndRemoveTimer);

Task<> exchange_many(benchmark::State& state, Stream& peer, BufferPool& pool) {
  for (auto _ : state) {
    Result<Chunk> chunk = pool.lease();
    chunk->grow(64);
    co_await peer.send(std::move(*chunk));
    Chunk back = co_await peer.receive();
    benchmark::DoNotOptimize(back);
  }
  co_await peer.finish_sending();
}

// One chunk there and back through the echo handler, over a pipe: all of echod but the kernel.
void EchoOverPipe(benchmark::State& state) {
  BufferPool pool({});
  auto [server, client] = make_pipe();
  PrefixedStream decorated(std::move(server));
  Nursery nursery;
  nursery.spawn(echo(decorated));
  Task<> task = exchange_many(state, *client, pool);
  task.start();
}
BENCHMARK(EchoOverPipe);

}  // namespace
}  // namespace echod

// /metrics: the metrics as text, in the format that the scraper prefers.

#include "app/admin/context.h"
#include "app/admin/endpoints.h"

namespace echod {

Task<http::BodyEnd> answer_metrics(http::Responder& responder, std::string_view) {
  http::BodyEnd end = co_await responder.drop_body();
  if (end != http::BodyEnd::kComplete) co_return end;
  const MetricsPage* metrics = context_of(responder).resources.metrics;
  if (metrics == nullptr) {
    end = co_await responder.decline(404, "there are no metrics");
    co_return end;
  }
  const MetricsFormat format = negotiate_metrics_format(responder.request().fields);
  const std::string text = metrics->render(format);
  const http::Response response{.content_type = content_type_of(format)};
  co_await responder.answer(response, text);
  co_return http::BodyEnd::kComplete;
}

}  // namespace echod

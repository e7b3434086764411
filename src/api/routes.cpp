#include "routes.hpp"

namespace pier::api::impl {
namespace {

constexpr uint64_t kJobBody = 256U << 10U;
constexpr uint64_t kSmallBody = 4U << 10U;

constexpr Route kRoutes[] = {
    {{"GET", "/healthz", 0}, show_health},
    {{"GET", "/metrics", 0}, show_metrics},
    {{"GET", "/v1/jobs", 0}, list_jobs},
    {{"POST", "/v1/jobs", kJobBody}, create_job},
    {{"POST", "/v1/estimates", kJobBody}, create_estimate},
    {{"GET", "/v1/jobs/{id}", 0}, show_job},
    {{"GET", "/v1/jobs/{id}/events", 0}, follow_job},
    {{"POST", "/v1/jobs/{id}/cancel", kSmallBody}, cancel_job},
    {{"POST", "/v1/jobs/{id}/retry", kSmallBody}, retry_job},
    {{"GET", "/v1/workers", 0}, list_workers},
    {{"POST", "/v1/workers/{id}/pause", kSmallBody}, pause_worker},
    {{"POST", "/v1/workers/{id}/drain", kSmallBody}, drain_worker},
    {{"POST", "/v1/workers/{id}/resume", kSmallBody}, resume_worker},
    {{"GET", "/v1/assets", 0}, list_assets},
    {{"GET", "/v1/assets/{id}", 0}, show_asset},
    {{"DELETE", "/v1/assets/{id}", kSmallBody}, delete_asset},
    {{"GET", "/v1/assets/{id}/report", 0}, show_report},
    {{"POST", "/v1/assets/{id}/reports", kSmallBody}, judge_asset},
    {{"GET", "/v1/assets/{id}/findings", 0}, list_findings},
    {{"GET", "/v1/assets/{id}/shots", 0}, list_shots},
    {{"GET", "/", 0}, show_start_page},
    {{"GET", "/play/{id}", 0}, show_player_page},
    {{"GET", "/web/{id}", 0}, show_web_file},
};

}  // namespace

std::span<const Route> route_table() {
  return kRoutes;
}

}  // namespace pier::api::impl

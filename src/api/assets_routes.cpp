#include <pier/catalogue/asset.hpp>

#include "body.hpp"
#include "routes.hpp"

namespace pier::api::impl {
namespace {

Result<catalogue::AssetState> asset_state_from(std::string_view name) {
  using enum catalogue::AssetState;
  for (const auto state : {kNew, kPublishing, kPublished, kFailed, kDeleted}) {
    if (catalogue::to_string(state) == name) return state;
  }
  return fail(ErrorCode::kInvalidArgument, "state must be new, publishing, published, failed or deleted");
}

}  // namespace

Result<net::Response> list_assets(const net::Request& request, const Context& context) {
  PIER_CHECK(refuse_unknown_parameters(request, {"limit", "cursor", "state", "title"}));
  PIER_TRY(const size_t limit, read_limit(request));
  catalogue::AssetFilter filter;
  if (const auto state = request.parameter("state")) {
    PIER_TRY(filter.state, asset_state_from(*state));
  }
  filter.title = request.parameter("title").value_or("");
  PIER_TRY(database::Snapshot snapshot, context.engine.database().read());
  PIER_TRY(const catalogue::AssetPage page, catalogue::list_assets(snapshot, context.options.organisation, filter,
                                                                   limit, request.parameter("cursor").value_or("")));
  json::array assets;
  for (const catalogue::AssetRow& asset : page.assets) assets.emplace_back(catalogue::to_json(asset));
  json::object answer{{"assets", std::move(assets)}};
  if (!page.next.empty()) answer["next"] = page.next;
  return json_response(200, answer);
}

Result<net::Response> show_asset(const net::Request&, const Context& context) {
  PIER_TRY(json::object view, context.engine.asset_view(context.options.organisation, std::string(context.id)));
  return json_response(200, std::move(view));
}

Result<net::Response> delete_asset(const net::Request&, const Context& context) {
  PIER_CHECK(context.engine.delete_asset(context.options.organisation, std::string(context.id)));
  if (context.options.on_asset_changed) context.options.on_asset_changed(context.id);
  net::Response response;
  response.status = 204;
  return response;
}

}  // namespace pier::api::impl

// copy: --keep copy. The master's bytes come into our store; the digest must be the one taken at identification.

#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

constexpr size_t kBlock = 4U << 20U;

Result<Work> prepare(Context& context, const TaskRow& task) {
  PIER_TRY(const catalogue::AssetRow asset, asset_of(context, task));
  PIER_TRY(media::Source source, open_master(context, asset));
  if (source.package) {
    return fail(ErrorCode::kInputUnsupported, "--keep copy takes single files; a package stays where it lies");
  }
  Work work;
  PIER_TRY(auto output, new_output(context, task, "master"));
  Bytes block(kBlock);
  uint64_t offset = 0;
  while (true) {
    PIER_TRY(const size_t got, read_at(source.files[0].fd.get(), offset, block));
    if (got == 0) break;
    PIER_CHECK(output->write(ByteView(block).first(got)));
    offset += got;
  }
  work.outputs.push_back(std::move(output));
  return work;
}

Result<json::object> commit(Context&, Transaction& tx, const TaskRow& task, const json::object&,
                            std::span<const ObjectInfo> outputs) {
  PIER_TRY(const std::string asset_id, get_string(task.params.as_object(), "asset"));
  PIER_TRY(const catalogue::AssetRow asset, catalogue::show_asset(tx, task.organisation, asset_id));
  PIER_TRY(catalogue::MasterRow master, catalogue::find_master(tx, task.organisation, asset.master_id));
  if (outputs[0].sha256 != master.sha256) {
    return fail(ErrorCode::kInputChanged,
                display_text(master.path) + " changed while it was copied; publish it again when it is at rest");
  }
  master.kept = outputs[0].key;
  PIER_CHECK(catalogue::add_master(tx, master));
  return with_objects({}, outputs);
}

}  // namespace

const TaskKind kCopyTask{"copy", 1, false, prepare, nullptr, commit};

}  // namespace pier::workflows::impl

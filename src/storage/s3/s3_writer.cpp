#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include <pier/core/file.hpp>
#include <pier/core/id.hpp>
#include <pier/core/log.hpp>

#include "s3/s3_objects.hpp"
#include "s3/upload.hpp"

namespace pier::storage::impl {
namespace {

constexpr size_t kReadBytes = size_t{1} << 20U;

class S3Writer final : public ObjectWriter {
 public:
  S3Writer(std::shared_ptr<S3Shared> shared, ObjectKey key, PartPlan plan)
      : x_shared(std::move(shared)),
        x_key(std::move(key)),
        x_whole(x_shared->whole(x_key)),
        x_writer(new_uuid7()),
        x_plan(plan) {}
  ~S3Writer() override { close(); }

  const ObjectKey& key() const override { return x_key; }
  int fd() override;
  Result<void> write(ByteView bytes) override;
  Result<ObjectInfo> commit() override;

 private:
  Result<void> write_part(ByteView& bytes);
  Result<void> begin_part();
  Result<void> send_part();
  Result<void> write_spool(ByteView bytes);
  Result<void> upload_spool();
  Result<void> put_whole();
  Result<void> finish();
  Result<void> take_back();
  void close();
  Failure spent() const { return fail(ErrorCode::kInternal, "object " + to_string(x_key) + " is already committed"); }

  std::shared_ptr<S3Shared> x_shared;
  const ObjectKey x_key;
  const std::string x_whole;
  const std::string x_writer;  // mark in the object's metadata: tells our bytes from another writer's
  const PartPlan x_plan;
  Sha256Stream x_digest;
  Sha256 x_sha256{};
  uint64_t x_size = 0;
  uint64_t x_number = 0;  // of the part that is being filled, from 1
  uint64_t x_part_limit = 0;
  Part x_part;
  UniqueFd x_spool;  // all bytes, once fd() was asked for
  std::unique_ptr<Upload> x_upload;
  std::optional<Error> x_failed;
  bool x_sent = false;  // the service may hold the whole object
  bool x_closed = false;
};

int S3Writer::fd() {
  if (x_spool) return x_spool.get();
  if (x_closed || x_failed) return -1;
  if (x_upload) {
    x_failed =
        Error{ErrorCode::kInternal, "object " + to_string(x_key) + " is on its way and has no file any more", {}};
    return -1;
  }
  auto file = x_shared->spool_file();
  if (file) {
    x_spool = std::move(*file);
    const auto written = write_spool(x_part.memory);
    if (!written) file = Failure(written.error());
  }
  if (!file) {
    x_failed = file.error();
    return -1;
  }
  x_part = {};
  return x_spool.get();
}

Result<void> S3Writer::write_spool(ByteView bytes) {
  if (::lseek(x_spool.get(), 0, SEEK_END) < 0) return Failure(x_shared->spool_error(errno_error(errno, "cannot seek")));
  const auto written = write_all(x_spool.get(), bytes);
  if (!written) return Failure(x_shared->spool_error(written.error()));
  return {};
}

Result<void> S3Writer::write(ByteView bytes) {
  if (x_closed) return spent();
  if (x_failed) return Failure(*x_failed);
  if (x_spool) return write_spool(bytes);
  x_digest.update(bytes);
  x_size += bytes.size();
  while (!bytes.empty()) {
    const auto written = write_part(bytes);
    if (!written) {
      x_failed = written.error();
      return written;
    }
  }
  return {};
}

Result<void> S3Writer::write_part(ByteView& bytes) {
  if (x_number == 0) PIER_CHECK(begin_part());
  if (x_part.size == x_part_limit) {
    PIER_CHECK(send_part());
    PIER_CHECK(begin_part());
  }
  const ByteView piece = bytes.first(std::min<uint64_t>(bytes.size(), x_part_limit - x_part.size));
  if (x_part.own_file) {
    const auto written = write_all(x_part.own_file.get(), piece);
    if (!written) return Failure(x_shared->spool_error(written.error()));
  } else {
    x_part.memory.insert(x_part.memory.end(), piece.begin(), piece.end());
  }
  x_part.size += piece.size();
  bytes = bytes.subspan(piece.size());
  return {};
}

Result<void> S3Writer::begin_part() {
  PIER_TRY(x_part_limit, x_plan.size_of(++x_number));
  x_part = {};
  if (x_part_limit > kMemoryPart) {
    PIER_TRY(x_part.own_file, x_shared->spool_file());
  } else if (x_number > 1) {
    x_part.memory.reserve(x_part_limit);  // the first grows: most objects are small
  }
  return {};
}

Result<void> S3Writer::send_part() {
  if (!x_upload) {
    PIER_TRY(x_upload, Upload::start(x_shared->client, x_whole, x_writer));
  }
  return x_upload->add(std::exchange(x_part, {}));
}

Result<ObjectInfo> S3Writer::commit() {
  if (x_closed) return spent();
  Result<void> done;
  if (x_failed) {
    done = Failure(*x_failed);
  } else {
    done = finish();
  }
  if (!done) {
    x_failed = done.error();
    close();
    return Failure(done.error());
  }
  x_sent = false;
  close();
  return ObjectInfo{x_key, x_size, x_sha256};
}

Result<void> S3Writer::finish() {
  if (x_spool) {
    PIER_CHECK(upload_spool());
  } else if (x_upload) {
    PIER_CHECK(send_part());
  }
  x_sha256 = x_digest.finish();
  if (!x_upload) {
    PIER_CHECK(put_whole());
  } else {
    // RADOS Gateway joins parts over an object that is there: look first.
    const auto taken = x_shared->client.head(x_whole, "cannot write object " + x_whole);
    if (taken) return fail(ErrorCode::kAlreadyExists, "object " + to_string(x_key) + " is already there");
    if (taken.error().code != ErrorCode::kNotFound) return Failure(taken.error());
    x_sent = true;
    PIER_CHECK(x_upload->complete(x_size));
  }
  PIER_TRY(const bool written, x_shared->client.is_written(x_whole, x_size, x_writer));
  if (written) return {};
  x_sent = false;  // what is there is another's
  return fail(ErrorCode::kVerifyFailed,
              "object " + to_string(x_key) + " was written, but " + x_shared->client.place().describe() +
                  " shows none of this size by this writer; is the store shared by two programs?");
}

/// Reads the file once for the digest of the whole, part by part as they go.
Result<void> S3Writer::upload_spool() {
  PIER_TRY(const FileState state, file_state(x_spool.get()));
  x_size = state.size;
  x_digest = Sha256Stream();
  PIER_TRY(const PartPlan plan, PartPlan::make(x_size));
  PIER_TRY(const uint64_t parts, plan.parts_for(x_size));
  PIER_TRY(const uint64_t part_size, plan.size_of(1));
  Bytes buffer(std::min<uint64_t>(kReadBytes, std::max<uint64_t>(x_size, 1)));
  for (uint64_t done = 0; done < x_size;) {
    Part part;
    part.file = x_spool.get();
    part.offset = done;
    part.size = std::min(part_size, x_size - done);
    for (const uint64_t end = done + part.size; done < end;) {
      const auto want = std::span(buffer).first(std::min<uint64_t>(buffer.size(), end - done));
      PIER_TRY(const size_t got, pier::read_at(x_spool.get(), done, want));
      if (got != want.size()) return fail(ErrorCode::kTruncated, "the spool file became shorter while it was read");
      x_digest.update(want);
      done += got;
    }
    x_part = std::move(part);
    if (parts > 0) PIER_CHECK(send_part());
  }
  return {};
}

/// Conditional: the service itself refuses to replace an object (but not in a bucket with versions).
Result<void> S3Writer::put_whole() {
  const RequestBody body = x_part.body();
  PIER_TRY(const std::string md5_text, content_md5(body));
  S3Request request;
  request.method = "PUT";
  request.key = x_whole;
  request.headers = {{"content-md5", md5_text}, {"if-none-match", "*"}, {std::string(kWriterHeader), x_writer}};
  request.body = body;
  request.payload = to_hex(x_sha256);
  request.was_done = [&] { return x_shared->client.is_written(x_whole, x_size, x_writer); };
  x_sent = true;
  PIER_TRY(const HttpAnswer answer, x_shared->client.send(request));
  if (answer.status < 300) return {};
  x_sent = false;
  if (answer.status == 412) {
    return fail(ErrorCode::kAlreadyExists,
                "object " + to_string(x_key) + " is already there in " + x_shared->client.place().describe());
  }
  return Failure(x_shared->client.error_of(answer, "cannot write object " + x_whole));
}

/// After a failed commit: an attempt whose answer was lost may have made the object.
Result<void> S3Writer::take_back() {
  const auto found = x_shared->client.head(x_whole, "cannot look for object " + x_whole);
  if (!found && found.error().code == ErrorCode::kNotFound) return {};
  if (!found) return Failure(found.error());
  if (found->writer != x_writer) return {};
  return x_shared->client.remove(x_whole, "cannot remove object " + x_whole);
}

void S3Writer::close() {
  if (x_closed) return;
  x_closed = true;
  x_upload.reset();
  if (x_sent) {
    const auto gone = take_back();
    if (!gone) log::error("a half-written object stays until it is swept", gone.error());
  }
  x_spool.reset();
  x_part = {};
  x_shared->writing.with([&](auto& keys) { keys.erase(x_whole); });
}

}  // namespace

S3Shared::S3Shared(S3Place place, Credentials credentials, const StoreOptions& given, std::string ca_file)
    : options(given), client(std::move(place), std::move(credentials), given, std::move(ca_file)) {}

std::unique_ptr<ObjectWriter> make_s3_writer(std::shared_ptr<S3Shared> shared, ObjectKey key, PartPlan plan) {
  return std::make_unique<S3Writer>(std::move(shared), std::move(key), plan);
}

}  // namespace pier::storage::impl

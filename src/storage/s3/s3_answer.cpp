#include "s3/s3_answer.hpp"

#include <charconv>
#include <ctime>
#include <sstream>

#include <pugixml.hpp>

#include <pier/core/bytes.hpp>

namespace pier::storage::impl {
namespace {

constexpr size_t kLongestText = 8192;  // a percent-encoded key
constexpr size_t kMostEntries = 10'000;

Failure bad_answer(std::string_view what) {
  return fail(ErrorCode::kIo, "the S3 service sent an answer that cannot be read (" + std::string(what) + ")");
}

void add_text(pugi::xml_node& parent, const char* name, const std::string& text) {
  parent.append_child(name).append_child(pugi::node_pcdata).set_value(text.c_str());
}

std::string text_of(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(out).str();
}

/// The root element `name`. No DOCTYPE, no entities beyond XML's five: pugixml reads neither.
Result<pugi::xml_node> load(pugi::xml_document& document, std::string_view xml, std::string_view name) {
  if (xml.size() > kLargestAnswer) return bad_answer("too large");
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_cdata | pugi::parse_escapes, pugi::encoding_utf8)) {
    return bad_answer("no XML");
  }
  const pugi::xml_node root = document.document_element();
  if (root.name() != name) return bad_answer("not a " + std::string(name));
  return root;
}

Result<std::string> text_of(const pugi::xml_node& node, const char* name) {
  const std::string_view text = node.child_value(name);
  if (text.size() > kLongestText) return bad_answer(name);
  return std::string(text);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Keys come percent-encoded (encoding-type=url); '+' is a blank there.
Result<std::string> key_of(const pugi::xml_node& node, const char* name = "Key") {
  PIER_TRY(const std::string text, text_of(node, name));
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || digit_of(text[i + 1]) < 0 || digit_of(text[i + 2]) < 0) return bad_answer(name);
      out += static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

Result<uint64_t> number_of(const pugi::xml_node& node, const char* name) {
  const std::string_view text = node.child_value(name);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return bad_answer(name);
  return value;
}

Result<WallTime> time_of(const pugi::xml_node& node, const char* name) {
  const auto time = parse_time(node.child_value(name));
  if (!time) return bad_answer(name);
  return *time;
}

bool truncated(const pugi::xml_node& root) {
  return std::string_view(root.child_value("IsTruncated")) == "true";
}

Result<ListedObject> object_of(const pugi::xml_node& node) {
  ListedObject object;
  PIER_TRY(object.key, key_of(node));
  PIER_TRY(object.size, number_of(node, "Size"));
  PIER_TRY(object.modified, time_of(node, "LastModified"));
  if (object.key.empty()) return bad_answer("Key");
  return object;
}

}  // namespace

S3Error read_error(std::string_view xml) {
  pugi::xml_document document;
  const auto root = load(document, xml, "Error");
  if (!root) return {};
  const auto code = text_of(*root, "Code");
  const auto message = text_of(*root, "Message");
  return {code ? display_text(*code) : "", message ? display_text(*message) : ""};
}

Result<ObjectPage> read_object_page(std::string_view xml) {
  pugi::xml_document document;
  PIER_TRY(const pugi::xml_node root, load(document, xml, "ListBucketResult"));
  ObjectPage page;
  for (const pugi::xml_node node : root.children("Contents")) {
    if (page.objects.size() == kMostEntries) return bad_answer("too many entries");
    PIER_TRY(ListedObject object, object_of(node));
    page.objects.push_back(std::move(object));
  }
  PIER_TRY(page.next, text_of(root, "NextContinuationToken"));
  if (!truncated(root)) page.next.clear();
  if (truncated(root) && page.next.empty()) return bad_answer("no continuation token");
  return page;
}

Result<VersionPage> read_version_page(std::string_view xml) {
  pugi::xml_document document;
  PIER_TRY(const pugi::xml_node root, load(document, xml, "ListVersionsResult"));
  VersionPage page;
  for (const pugi::xml_node node : root.children()) {
    const std::string_view name = node.name();
    if (name != "Version" && name != "DeleteMarker") continue;
    if (page.objects.size() == kMostEntries) return bad_answer("too many entries");
    ListedObject object;
    PIER_TRY(object.key, key_of(node));
    PIER_TRY(object.version, text_of(node, "VersionId"));
    if (object.key.empty()) return bad_answer("Key");
    page.objects.push_back(std::move(object));
  }
  page.more = truncated(root);
  return page;
}

Result<UploadPage> read_upload_page(std::string_view xml) {
  pugi::xml_document document;
  PIER_TRY(const pugi::xml_node root, load(document, xml, "ListMultipartUploadsResult"));
  UploadPage page;
  for (const pugi::xml_node node : root.children("Upload")) {
    if (page.uploads.size() == kMostEntries) return bad_answer("too many entries");
    ListedUpload upload;
    PIER_TRY(upload.key, key_of(node));
    PIER_TRY(upload.id, text_of(node, "UploadId"));
    PIER_TRY(upload.initiated, time_of(node, "Initiated"));
    if (upload.key.empty() || upload.id.empty()) return bad_answer("Upload");
    page.uploads.push_back(std::move(upload));
  }
  if (!truncated(root)) return page;
  PIER_TRY(page.next_key, key_of(root, "NextKeyMarker"));
  PIER_TRY(page.next_id, text_of(root, "NextUploadIdMarker"));
  if (page.next_key.empty()) return bad_answer("no marker of the next page");
  return page;
}

Result<std::string> read_upload_id(std::string_view xml) {
  pugi::xml_document document;
  PIER_TRY(const pugi::xml_node root, load(document, xml, "InitiateMultipartUploadResult"));
  PIER_TRY(std::string id, text_of(root, "UploadId"));
  if (id.empty()) return bad_answer("UploadId");
  return id;
}

Result<std::vector<ListedPart>> read_parts(std::string_view xml) {
  pugi::xml_document document;
  PIER_TRY(const pugi::xml_node root, load(document, xml, "ListPartsResult"));
  std::vector<ListedPart> parts;
  for (const pugi::xml_node node : root.children("Part")) {
    if (parts.size() == kMostEntries) return bad_answer("too many entries");
    ListedPart part;
    PIER_TRY(part.number, number_of(node, "PartNumber"));
    PIER_TRY(part.size, number_of(node, "Size"));
    PIER_TRY(part.etag, text_of(node, "ETag"));
    parts.push_back(std::move(part));
  }
  return parts;
}

Result<std::vector<std::string>> read_delete_errors(std::string_view xml) {
  pugi::xml_document document;
  PIER_TRY(const pugi::xml_node root, load(document, xml, "DeleteResult"));
  std::vector<std::string> errors;
  for (const pugi::xml_node node : root.children("Error")) {
    errors.push_back(display_text(std::string(node.child_value("Code")) + " " + node.child_value("Key")));
  }
  return errors;
}

Result<std::string> read_versioning(std::string_view xml) {
  pugi::xml_document document;
  PIER_TRY(const pugi::xml_node root, load(document, xml, "VersioningConfiguration"));
  return text_of(root, "Status");
}

bool is_complete_result(std::string_view xml) {
  pugi::xml_document document;
  return load(document, xml, "CompleteMultipartUploadResult").has_value();
}

std::optional<WallTime> parse_time(std::string_view text) {
  if (text.size() < 20 || text.size() > 40) return std::nullopt;
  std::tm parts{};
  const std::string whole(text);
  const char* rest = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  int64_t micros = 0;
  if (rest != nullptr) {
    if (*rest == '.') {
      int64_t unit = 100'000;
      for (++rest; *rest >= '0' && *rest <= '9'; ++rest, unit /= 10) micros += (*rest - '0') * unit;
    }
    if (std::string_view(rest) != "Z") return std::nullopt;
  } else {
    parts = {};
    rest = ::strptime(whole.c_str(), "%a, %d %b %Y %H:%M:%S", &parts);
    if (rest == nullptr || std::string_view(rest) != " GMT") return std::nullopt;
  }
  if (parts.tm_year < 70 || parts.tm_year > 1000) return std::nullopt;
  return int64_t{::timegm(&parts)} * 1'000'000 + micros;
}

std::string delete_body(const std::vector<ListedObject>& objects) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("Delete");
  add_text(root, "Quiet", "true");
  for (const ListedObject& object : objects) {
    pugi::xml_node one = root.append_child("Object");
    add_text(one, "Key", object.key);
    if (!object.version.empty()) add_text(one, "VersionId", object.version);
  }
  return text_of(document);
}

std::string complete_body(const std::vector<std::string>& etags) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  for (size_t i = 0; i < etags.size(); ++i) {
    pugi::xml_node part = root.append_child("Part");
    add_text(part, "PartNumber", std::to_string(i + 1));
    add_text(part, "ETag", etags[i]);
  }
  return text_of(document);
}

}  // namespace pier::storage::impl

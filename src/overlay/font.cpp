#include <cairo/cairo-ft.h>
#include <ft2build.h>
#include <unistd.h>

#include <pier/overlay/font.hpp>
#include FT_FREETYPE_H

#include <pier/core/file.hpp>

#include "faces.hpp"

namespace pier::overlay {

using impl::Face;

namespace {

/// cairo keeps faces in a cache of its own, so it owns the file's bytes, FreeType's face and library together.
struct Kept {
  std::shared_ptr<const Bytes> bytes;
  FT_Library library = nullptr;
  FT_Face face = nullptr;

  ~Kept() {
    if (face != nullptr) FT_Done_Face(face);
    if (library != nullptr) FT_Done_FreeType(library);
  }
};

Result<std::unique_ptr<cairo_font_face_t, impl::FreeFace>> face_to_draw(std::shared_ptr<const Bytes> bytes) {
  auto kept = std::make_unique<Kept>();
  kept->bytes = std::move(bytes);
  if (FT_Init_FreeType(&kept->library) != 0) return fail(ErrorCode::kOverloaded, "there is no memory for fonts");
  const auto* data = reinterpret_cast<const FT_Byte*>(kept->bytes->data());
  if (FT_New_Memory_Face(kept->library, data, static_cast<FT_Long>(kept->bytes->size()), 0, &kept->face) != 0 ||
      !FT_IS_SCALABLE(kept->face))
    return fail(ErrorCode::kInputDamaged, "is no TrueType or OpenType font with outlines");
  std::unique_ptr<cairo_font_face_t, impl::FreeFace> made(
      cairo_ft_font_face_create_for_ft_face(kept->face, FT_LOAD_NO_HINTING));
  static const cairo_user_data_key_t kKey{};
  const cairo_status_t status = cairo_font_face_set_user_data(made.get(), &kKey, kept.get(),
                                                              [](void* owned) { delete static_cast<Kept*>(owned); });
  if (status != CAIRO_STATUS_SUCCESS) return fail(ErrorCode::kOverloaded, "there is no memory for fonts");
  [[maybe_unused]] const Kept* owned_by_face = kept.release();
  return made;
}

Result<Face> open_face(Bytes file) {
  if (file.size() > kMaxFontBytes) return fail(ErrorCode::kTooLarge, "has more than 64 MiB");
  const auto bytes = std::make_shared<const Bytes>(std::move(file));
  Face face;
  PIER_TRY(face.drawing, face_to_draw(bytes));
  hb_blob_t* const blob =
      hb_blob_create(reinterpret_cast<const char*>(bytes->data()), static_cast<unsigned>(bytes->size()),
                     HB_MEMORY_MODE_READONLY, new std::shared_ptr<const Bytes>(bytes),
                     [](void* owned) { delete static_cast<std::shared_ptr<const Bytes>*>(owned); });
  hb_face_t* const shapes = hb_face_create(blob, 0);
  face.shaping.reset(hb_font_create(shapes));
  hb_font_set_scale(face.shaping.get(), impl::kUnitsPerEm, impl::kUnitsPerEm);
  hb_face_destroy(shapes);
  hb_blob_destroy(blob);
  return face;
}

}  // namespace

Result<std::vector<std::string>> font_paths(const std::string& first) {
  std::vector<std::string> paths;
  if (!first.empty()) paths.push_back(first);
  for (const DeclaredFont& font : kDeclaredFonts) {
    if (::access(font.path, R_OK) != 0) {
      return fail(ErrorCode::kNotFound,
                  std::string("a font is missing (") + font.path + "); install Debian's " + font.package);
    }
    paths.emplace_back(font.path);
  }
  return paths;
}

Result<Fonts> Fonts::open(std::vector<Bytes> files) {
  auto impl = std::make_shared<Impl>();
  for (Bytes& file : files) {
    auto face = open_face(std::move(file));
    if (!face) return fail_in("font " + std::to_string(impl->faces.size() + 1), std::move(face).error());
    impl->faces.push_back(std::move(*face));
  }
  if (impl->faces.empty()) return fail(ErrorCode::kInvalidArgument, "text cannot be drawn without a font");
  Fonts made;
  made.x_impl = std::move(impl);
  return made;
}

Result<Fonts> Fonts::load(const std::string& first) {
  PIER_TRY(const std::vector<std::string> paths, font_paths(first));
  std::vector<Bytes> files;
  for (const std::string& path : paths) {
    PIER_TRY(const std::string content, read_file(path, kMaxFontBytes));
    const ByteView bytes = as_bytes(content);
    files.emplace_back(bytes.begin(), bytes.end());
  }
  return open(std::move(files));
}

}  // namespace pier::overlay

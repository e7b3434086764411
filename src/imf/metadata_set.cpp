#include "metadata_set.hpp"

#include "labels.hpp"

namespace pier::imf::impl {
namespace {

Bytes number(uint64_t value, int count) {
  ByteWriter out;
  if (count == 1) out.u8(value);
  if (count == 2) out.u16(value);
  if (count == 4) out.u32(value);
  if (count == 8) out.u64(value);
  return out.take();
}

/// UTF-8 that is well formed, which the caller saw to.
void put_utf16(ByteWriter& out, std::string_view utf8) {
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    const int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    uint32_t point = more == 0 ? lead : lead & (0x3FU >> static_cast<unsigned>(more));
    for (int k = 1; k <= more && i + static_cast<size_t>(k) < utf8.size(); ++k)
      point = point << 6U | (static_cast<uint8_t>(utf8[i + static_cast<size_t>(k)]) & 0x3FU);
    i += static_cast<size_t>(more) + 1;
    if (point >= 0x10000) {
      point -= 0x10000;
      out.u16(0xD800U + (point >> 10U));
      out.u16(0xDC00U + (point & 0x3FFU));
    } else {
      out.u16(point);
    }
  }
  out.u16(0);
}

}  // namespace

void write_ber(ByteWriter& out, uint64_t length, int length_bytes) {
  out.u8(0x80U + static_cast<unsigned>(length_bytes));
  for (int shift = (length_bytes - 1) * 8; shift >= 0; shift -= 8) out.u8(length >> static_cast<unsigned>(shift));
}

void write_klv(ByteWriter& out, const Label& key, ByteView value, int length_bytes) {
  out.bytes(view(key));
  write_ber(out, value.size(), length_bytes);
  out.bytes(value);
}

std::string xml_escape(std::string_view utf8) {
  std::string escaped;
  for (const char c : utf8) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        // XML 1.0 has no other control characters.
        if (static_cast<uint8_t>(c) >= 0x20 || c == '\t' || c == '\n') escaped += c;
    }
  }
  return escaped;
}

uint16_t Primer::tag(const Property& property) {
  const auto known = x_tags.find(property.label);
  if (known != x_tags.end()) return known->second;
  const uint16_t tag = property.tag != 0 ? property.tag : x_next--;
  x_tags.emplace(property.label, tag);
  return tag;
}

Bytes Primer::pack() const {
  ByteWriter value;
  value.u32(x_tags.size());
  value.u32(18);
  for (const auto& [label, tag] : x_tags) {
    value.u16(tag);
    value.bytes(view(label));
  }
  ByteWriter out;
  write_klv(out, labels::kPrimer, value.view());
  return out.take();
}

MetadataSet::MetadataSet(uint8_t kind, std::string symbol, const Uuid& instance)
    : x_kind(kind), x_symbol(std::move(symbol)), x_instance(instance) {
  uuid(property::kInstance, instance);
}

MetadataSet::Item& MetadataSet::add(const Property& property, Bytes value, std::string xml) {
  x_items.push_back({property, std::move(value), std::move(xml), {}});
  return x_items.back();
}

void MetadataSet::u8(const Property& property, uint8_t value) {
  add(property, number(value, 1), std::to_string(value));
}
void MetadataSet::u16(const Property& property, uint16_t value) {
  add(property, number(value, 2), std::to_string(value));
}
void MetadataSet::u32(const Property& property, uint32_t value) {
  add(property, number(value, 4), std::to_string(value));
}
void MetadataSet::u64(const Property& property, uint64_t value) {
  add(property, number(value, 8), std::to_string(value));
}

void MetadataSet::ratio(const Property& property, const Rational& value) {
  ByteWriter out;
  out.u32(static_cast<uint64_t>(value.num));
  out.u32(static_cast<uint64_t>(value.den));
  add(property, out.take(), std::to_string(value.num) + "/" + std::to_string(value.den));
}

void MetadataSet::label(const Property& property, const Label& value) {
  const ByteView bytes = view(value);
  add(property, Bytes(bytes.begin(), bytes.end()), label_urn(value));
}

void MetadataSet::uuid(const Property& property, const Uuid& value) {
  const ByteView bytes = view(value);
  add(property, Bytes(bytes.begin(), bytes.end()), value.urn());
}

void MetadataSet::flag(const Property& property, bool value) {
  add(property, number(value ? 1 : 0, 1), value ? "True" : "False");
}

void MetadataSet::choice(const Property& property, uint8_t value, std::string_view name) {
  add(property, number(value, 1), std::string(name));
}

void MetadataSet::text(const Property& property, std::string_view utf8) {
  ByteWriter out;
  put_utf16(out, utf8);
  add(property, out.take(), xml_escape(utf8));
}

void MetadataSet::ascii(const Property& property, std::string_view value) {
  const ByteView bytes = as_bytes(value);
  add(property, Bytes(bytes.begin(), bytes.end()), xml_escape(value));
}

void MetadataSet::opaque(const Property& property, ByteView value) {
  add(property, Bytes(value.begin(), value.end()), to_hex(value));
}

void MetadataSet::raw(const Property& property, Bytes value, std::string xml) {
  add(property, std::move(value), std::move(xml));
}

void MetadataSet::set(const Property& property, MetadataSet child) {
  const ByteView bytes = view(child.instance());
  add(property, Bytes(bytes.begin(), bytes.end()), {}).children.push_back(std::move(child));
}

void MetadataSet::sets(const Property& property, std::vector<MetadataSet> children) {
  ByteWriter out;
  out.u32(children.size());
  out.u32(16);
  for (const MetadataSet& child : children) out.bytes(view(child.instance()));
  add(property, out.take(), {}).children = std::move(children);
}

void MetadataSet::write(Primer& primer, ByteWriter& out) const {
  ByteWriter value;
  for (const Item& item : x_items) {
    value.u16(primer.tag(item.property));
    value.u16(item.value.size());
    value.bytes(item.value);
  }
  Label key = labels::kStructuralSet;
  key[14] = x_kind;
  write_klv(out, key, value.view());
  for (const Item& item : x_items) {
    for (const MetadataSet& child : item.children) child.write(primer, out);
  }
}

std::string MetadataSet::xml(int indent) const {
  const std::string margin(static_cast<size_t>(indent), ' ');
  std::string text = margin + "<r0:" + x_symbol + ">\n";
  for (const Item& item : x_items) {
    const std::string name = item.property.name;
    text += margin + "  <r1:" + name + ">";
    if (item.children.empty()) {
      text += item.xml;
    } else {
      text += "\n";
      for (const MetadataSet& child : item.children) text += child.xml(indent + 4);
      text += margin + "  ";
    }
    text += "</r1:" + name + ">\n";
  }
  return text + margin + "</r0:" + x_symbol + ">\n";
}

}  // namespace pier::imf::impl

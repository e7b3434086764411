#pragma once
// A metadata set of MXF (SMPTE ST 377-1 clause 9) with two forms out of one description: the KLV local set of a track
// file, and the RegXML (ST 2001-1) of a composition playlist. What is put in once cannot differ between them.

#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/rational.hpp>

#include "properties.hpp"

namespace pier::imf::impl {

/// Tags of properties in one partition: fixed ones as the standard says, others from FFFF downward.
class Primer {
 public:
  uint16_t tag(const Property& property);
  /// The primer pack, ST 377-1 clause 9.2, as a KLV packet.
  Bytes pack() const;

 private:
  std::map<Label, uint16_t> x_tags;
  uint16_t x_next = 0xFFFF;
};

class MetadataSet {
 public:
  /// `kind`: byte 15 of the key of a structural set. `symbol`: its name in RegXML; empty for sets that have none.
  MetadataSet(uint8_t kind, std::string symbol, const Uuid& instance);

  const Uuid& instance() const { return x_instance; }

  void u8(const Property& property, uint8_t value);
  void u16(const Property& property, uint16_t value);
  void u32(const Property& property, uint32_t value);
  void u64(const Property& property, uint64_t value);
  void ratio(const Property& property, const Rational& value);
  void label(const Property& property, const Label& value);
  void uuid(const Property& property, const Uuid& value);
  void flag(const Property& property, bool value);
  /// An enumeration of one byte and its name.
  void choice(const Property& property, uint8_t value, std::string_view name);
  /// UTF-16 with a closing zero.
  void text(const Property& property, std::string_view utf8);
  /// ISO 7-bit without a closing zero.
  void ascii(const Property& property, std::string_view value);
  /// Bytes that RegXML writes as hexadecimal digits.
  void opaque(const Property& property, ByteView value);
  /// Bytes and what stands for them between the tags of the element.
  void raw(const Property& property, Bytes value, std::string xml);
  void set(const Property& property, MetadataSet child);
  void sets(const Property& property, std::vector<MetadataSet> children);

  /// This set and all below it as KLV packets, depth first.
  void write(Primer& primer, ByteWriter& out) const;
  /// <r0:Symbol>...</r0:Symbol>; prefixes r0 (ST 395), r1 (ST 335), r2 (types) are declared by the one around it.
  std::string xml(int indent) const;

 private:
  struct Item {
    Property property;
    Bytes value;
    std::string xml;
    std::vector<MetadataSet> children;
  };
  Item& add(const Property& property, Bytes value, std::string xml);

  uint8_t x_kind;
  std::string x_symbol;
  Uuid x_instance;
  std::deque<Item> x_items;  // items do not move: sets are large
};

/// Declarations of the prefixes that MetadataSet::xml uses.
inline constexpr std::string_view kRegXmlNamespaces =
    "xmlns:r0=\"http://www.smpte-ra.org/reg/395/2014/13/1/aaf\" "
    "xmlns:r1=\"http://www.smpte-ra.org/reg/335/2012\" "
    "xmlns:r2=\"http://www.smpte-ra.org/reg/2003/2012\"";

std::string xml_escape(std::string_view utf8);

/// A KLV packet with a length of `length_bytes` bytes after the first (3 or 7), ST 377-1 clause 6.3.
void write_klv(ByteWriter& out, const Label& key, ByteView value, int length_bytes = 3);
void write_ber(ByteWriter& out, uint64_t length, int length_bytes);

}  // namespace pier::imf::impl

#pragma once
// Essence descriptors of MXF (SMPTE ST 377-1 Annex F; colour of ST 2067-21, sound labels of ST 377-4).

#include "container/mxf_sets.hpp"
#include "container/smpte_descriptor.hpp"

namespace pier::media::impl {

PictureDescriptor picture_descriptor(const MetadataSet& set);
SoundDescriptor sound_descriptor(const MetadataSet& set, const MetadataSets& sets);

}  // namespace pier::media::impl

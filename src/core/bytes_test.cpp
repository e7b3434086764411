#include <gtest/gtest.h>

#include <pier/core/bytes.hpp>

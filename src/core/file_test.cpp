#include <gtest/gtest.h>

#include <pier/core/file.hpp>

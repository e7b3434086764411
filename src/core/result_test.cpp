#include <gtest/gtest.h>

#include <pier/core/result.hpp>

#include <gtest/gtest.h>

#include <pier/core/id.hpp>

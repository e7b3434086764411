#include <gtest/gtest.h>

#include <pier/core/json.hpp>

#include <gtest/gtest.h>

#include <pier/core/clock.hpp>

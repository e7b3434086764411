#include <gtest/gtest.h>

#include <pier/core/metrics.hpp>

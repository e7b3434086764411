#include <gtest/gtest.h>

#include <pier/core/rational.hpp>

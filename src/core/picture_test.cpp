#include <gtest/gtest.h>

#include <pier/core/picture.hpp>
